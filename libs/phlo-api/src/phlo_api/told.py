"""Records of the store as the API tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api import ids, times
from phlo_api.models.base import Place, diagnostic
from phlo_api.models.checks import Check, Execution
from phlo_api.models.runs import Event, Run, Step

if TYPE_CHECKING:
    from phlo.model.checks import CheckSpec
    from phlo.orchestration.records import CheckRecord, RunRecord, StepRecord, StoredEvent


def run(record: RunRecord) -> Run:
    """Return a run in short."""
    start, end = times.parse(record.started_at), times.parse(record.ended_at)
    return Run(
        id=record.id,
        state=record.state,
        trigger=record.trigger,
        orchestrator=record.orchestrator,
        selection=record.selection,
        partition=record.partition,
        ref=record.ref,
        queued_at=times.parsed(record.queued_at),
        started_at=start,
        ended_at=end,
        duration_ms=times.between(start, end or (times.now() if record.is_active else None)),
        assets=list(record.assets),
        is_active=record.is_active,
        error=diagnostic(dict(record.error)) if record.error else None,
    )


def step(record: StepRecord) -> Step:
    """Return one asset of a run."""
    start, end = times.parse(record.started_at), times.parse(record.ended_at)
    still = times.now() if record.state == "running" else None
    return Step(
        asset=record.asset,
        dataset_id=ids.encode(record.asset),
        partition=record.partition,
        state=record.state,
        stage=record.stage,
        reason=record.reason,
        started_at=start,
        ended_at=end,
        duration_ms=times.between(start, end or still),
        rows_in=record.rows_in,
        rows_added=record.rows_added,
        rows_updated=record.rows_updated,
        rows_deleted=record.rows_deleted,
        rows_total=record.rows_total,
        bytes=record.bytes,
        snapshot_id=str(record.snapshot_id) if record.snapshot_id else None,
        attempt=record.attempt,
        error=diagnostic(dict(record.error)) if record.error else None,
    )


def event(stored: StoredEvent) -> Event:
    """Return an event."""
    return Event(
        id=stored.seq,
        at=times.parsed(stored.at),
        type=str(stored.type),
        run_id=stored.run_id,
        asset=stored.asset,
        partition=stored.partition,
        data=dict(stored.data),
    )


def execution(record: CheckRecord) -> Execution:
    """Return one time that a check was run."""
    found = record.outcome
    return Execution(
        run_id=record.run_id,
        at=times.parsed(record.at),
        status=found.status,
        failed=found.failed,
        checked=found.checked,
        ratio=found.ratio,
        message=found.message,
        duration_ms=found.duration_ms,
        method=found.method,
        snapshot_id=str(found.snapshot_id) if found.snapshot_id else None,
        ref=found.ref,
    )


def check(
    table: str, spec: CheckSpec, record: CheckRecord | None, owner: str | None = None
) -> Check:
    """Return a check with how it went; one that was never run, too."""
    return Check(
        id=ids.encode(table, spec.name),
        name=spec.name,
        kind=spec.kind,
        dataset_id=ids.encode(table),
        table=table,
        columns=list(spec.columns),
        severity=spec.severity,
        description=spec.description,
        status=record.outcome.status if record else "never",
        last=execution(record) if record else None,
        history=list(record.history) if record else [],
        place=Place(file=spec.file, line=spec.line) if spec.file else None,
        owner=owner,
        sql=record.outcome.sql if record else None,
    )
