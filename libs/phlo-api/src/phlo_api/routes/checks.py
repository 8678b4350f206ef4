"""Checks: all that are declared, those that never ran among them."""

from typing import Annotated

from fastapi import APIRouter, Query

from phlo.orchestration.records import CheckRecord
from phlo_api import ids, paging, told
from phlo_api.checks import all_checks, counted
from phlo_api.context import Context, Cursor, Limit
from phlo_api.errors import NotThere
from phlo_api.models.checks import Check, CheckPage, Executions, FailingRows
from phlo_api.values import plain

router = APIRouter(prefix="/checks", tags=["quality"])


@router.get("")
def list_checks(
    context: Context,
    q: Annotated[str, Query(max_length=200, description="Words of name or table.")] = "",
    status: Annotated[str | None, Query(max_length=20)] = None,
    table: Annotated[str | None, Query(max_length=300)] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> CheckPage:
    """Every check, the worst first."""
    overview = context.overviews.get()
    found = [one for one in all_checks(overview) if table in (None, one.table)]
    counts = counted(found)
    words = q.lower().split()
    found = [
        one
        for one in found
        if status in (None, one.status)
        and all(word in f"{one.table} {one.name} {one.kind}".lower() for word in words)
    ]
    page, following = paging.window(found, limit, cursor)
    return CheckPage(
        items=page,
        next_cursor=following,
        total=len(found),
        truncated=following is not None,
        counts=counts,
        **overview.observed(),
    )


@router.get("/{check_id}")
def get_check(context: Context, check_id: str) -> Check:
    """One check."""
    table, name = _names(check_id)
    found = [c for c in all_checks(context.overviews.get()) if (c.table, c.name) == (table, name)]
    if not found:
        raise NotThere("check", name)
    return found[0]


@router.get("/{check_id}/executions")
def list_check_executions(context: Context, check_id: str, limit: Limit = 30) -> Executions:
    """How a check went, the newest first."""
    records = _history(context, check_id, limit)
    overview = context.overviews.get()
    return Executions(items=[told.execution(one) for one in records], **overview.observed())


@router.get("/{check_id}/failing-rows")
def list_failing_rows(context: Context, check_id: str) -> FailingRows:
    """A sample of the rows that failed the last time."""
    overview = context.overviews.get()
    records = _history(context, check_id, 1)
    if not records:
        return FailingRows(columns=[], rows=[], **overview.observed())
    found = records[0].outcome
    return FailingRows(
        columns=list(found.sample_columns),
        rows=[[plain(value) for value in row] for row in found.sample_rows],
        failed=found.failed,
        truncated=(found.failed or 0) > len(found.sample_rows),
        sql=found.sql,
        **overview.observed(),
    )


def _history(context: Context, check_id: str, limit: int) -> tuple[CheckRecord, ...]:
    table, name = _names(check_id)
    return context.workspace.store.check_history(table, name, limit)


def _names(check_id: str) -> tuple[str, str]:
    found = ids.decode(check_id, 2)
    if found is None:
        raise NotThere("check", check_id)
    return found[0], found[1]
