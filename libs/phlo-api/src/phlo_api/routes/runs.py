"""Runs: what was made when, and making more."""

from typing import Annotated

from fastapi import APIRouter, Query

from phlo_api import times, told
from phlo_api.context import Context, Cursor, Limit
from phlo_api.errors import NotThere
from phlo_api.models.base import Page
from phlo_api.models.runs import Events, Launch, Run, RunDetail, Steps

router = APIRouter(prefix="/runs", tags=["runs"])


@router.get("")
def list_runs(
    context: Context,
    state: Annotated[
        str | None, Query(pattern="^(queued|running|succeeded|failed|cancelling|cancelled|active)$")
    ] = None,
    asset: Annotated[str | None, Query(max_length=300)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Run]:
    """Runs, the newest first."""
    context.workspace.recover()
    found = context.workspace.store.runs(limit + 1, cursor, state, asset)
    items = [told.run(one) for one in found[:limit]]
    is_more = len(found) > limit
    return Page[Run](
        items=items,
        next_cursor=items[-1].id if is_more else None,
        truncated=is_more,
        observed_at=times.now(),
    )


@router.post("", status_code=202)
def launch_run(context: Context, body: Launch) -> Run:
    """Start a run, which outlives this process: by the orchestrator, else by the runner."""
    project = context.workspace.project
    result = project.materialize(
        body.selection,
        partition=body.partition,
        full_refresh=body.full_refresh,
        wait=False,
        trigger="api",
        orchestrator=body.orchestrator,
    )
    record = context.workspace.store.run(result.run.id)
    if record is None:
        raise NotThere("run", result.run.id)
    return told.run(record)


@router.get("/{run_id}")
def get_run(context: Context, run_id: str) -> RunDetail:
    """One run with its steps."""
    context.workspace.recover()
    record = context.workspace.store.run(run_id)
    if record is None:
        raise NotThere("run", run_id)
    steps = [told.step(one) for one in context.workspace.store.steps(run_id)]
    return RunDetail(
        **told.run(record).model_dump(),
        steps=steps,
        url=context.workspace.pages.of(record),
        observed_at=times.now(),
    )


@router.get("/{run_id}/steps")
def list_run_steps(context: Context, run_id: str) -> Steps:
    """The steps of a run."""
    _require(context, run_id)
    steps = [told.step(one) for one in context.workspace.store.steps(run_id)]
    return Steps(items=steps, observed_at=times.now())


@router.get("/{run_id}/events")
def list_run_events(
    context: Context,
    run_id: str,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 500,
) -> Events:
    """What happened in a run, in order."""
    _require(context, run_id)
    found = context.workspace.store.events(run_id, after, limit + 1)
    items = [told.event(one) for one in found[:limit]]
    return Events(
        items=items,
        next_after=items[-1].id if items else after,
        truncated=len(found) > limit,
        observed_at=times.now(),
    )


@router.post("/{run_id}/cancel", status_code=202)
def cancel_run(context: Context, run_id: str) -> Run:
    """Ask a run to end."""
    return told.run(context.workspace.project.cancel(run_id, wait=2.0))


def _require(context: Context, run_id: str) -> None:
    if context.workspace.store.run(run_id) is None:
        raise NotThere("run", run_id)
