"""The steps of one dataset over all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api import times
from phlo_api.models.datasets import Materialization

if TYPE_CHECKING:
    from phlo.orchestration.records import RunRecord, StepRecord
    from phlo.orchestration.store import Store


def steps_of(
    store: Store, name: str, limit: int, cursor: str | None
) -> tuple[list[Materialization], str | None]:
    """Return the steps that made a dataset, the newest run first, and the next cursor."""
    runs = store.runs(limit + 1, before=cursor, asset=name)
    items = [
        _told(run, step)
        for run in runs[:limit]
        for step in store.steps(run.id)
        if step.asset == name
    ]
    return items, runs[limit - 1].id if len(runs) > limit else None


def _told(run: RunRecord, step: StepRecord) -> Materialization:
    start, end = times.parse(step.started_at), times.parse(step.ended_at)
    return Materialization(
        run_id=run.id,
        at=end or start or times.parse(run.queued_at),
        state=step.state,
        partition=step.partition,
        rows_added=step.rows_added,
        rows_updated=step.rows_updated,
        rows_deleted=step.rows_deleted,
        rows_total=step.rows_total,
        snapshot_id=str(step.snapshot_id) if step.snapshot_id else None,
        duration_ms=times.between(start, end),
        trigger=run.trigger,
    )
