"""One step: write on a branch, check there, publish in one transaction, or hold back."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from phlo.assets.places import user_frame
from phlo.errors import PhloError
from phlo.errors.data import CommitConflict
from phlo.errors.runs import (
    AlwaysMoved,
    ChecksFailed,
    HeldBack,
    NoFullRefresh,
    StepFailed,
    StepTimedOut,
)
from phlo.model.durations import parse_duration
from phlo.orchestration.branches import branch_name
from phlo.orchestration.checking import check
from phlo.orchestration.diagnostics import error_as_json, with_source
from phlo.orchestration.events import EventType
from phlo.orchestration.interrupts import TimedOut
from phlo.orchestration.stage import Staged, partition_of, stage
from phlo.orchestration.unchanged import have_same_rows, is_same_query
from phlo.orchestration.world import StepTeller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.world import World

#: How often a table is made again because somebody else published it meanwhile.
_MOST_REBUILDS = 5

Result: TypeAlias = Literal["succeeded", "failed", "held_back"]


@dataclass(slots=True)
class _Step:
    """One step while it runs."""

    teller: StepTeller
    branch: str
    began: float = field(default_factory=time.monotonic)
    attempt: int = 1
    inputs: dict[str, int] = field(default_factory=dict)
    has_pins: bool = False

    @property
    def world(self) -> World:
        return self.teller.world

    @property
    def asset(self) -> AssetSpec:
        return self.teller.asset


def execute(world: World, asset: AssetSpec, key: str | None = None) -> Result:
    """Run one step to its end; what came of it is in the store.

    Raises:
        RunCancelled: The run was asked to end; nothing of the step is published.
    """
    teller = StepTeller(world, asset, partition_of(asset.partitions, key))
    step = _Step(teller, branch_name(world.options.run_id, asset.key, key))
    teller.tell(EventType.STEP_STARTED, attempt=1, stage="starting")
    try:
        return _look(step) if world.options.checks_only else _make(step)
    except TimedOut:
        return _fail(step, StepTimedOut(asset.key, asset.timeout or ""))
    except PhloError as error:
        return _fail(step, error)
    except Exception as error:  # whatever the user's function raises is the step's failure
        for line in traceback.format_exception(error):
            teller.log(line.rstrip(), "error")
        return _fail(step, _failure(step, error))
    finally:
        _drop(step)


def _look(step: _Step) -> Result:
    """Ask the checks of the table as it is published."""
    world, asset = step.world, step.asset
    if world.lake.metadata_location(asset.key, world.options.ref) is None:
        reason = "there is no table yet"
        step.teller.tell(EventType.STEP_ENDED, state="skipped", reason=reason)
        return "succeeded"
    failed = _check(step, world.options.ref)
    if failed:
        return _fail(step, ChecksFailed(asset.key, failed, world.options.run_id))
    about = world.lake.describe(asset.key, world.options.ref)
    facts = {"rows_total": about.row_count, "snapshot_id": about.snapshot_id}
    step.teller.tell(EventType.STEP_ENDED, state="succeeded", **facts)
    return "succeeded"


def _make(step: _Step) -> Result:
    if step.world.options.full_refresh and step.asset.partitions and step.asset.mode == "append":
        raise NoFullRefresh(step.asset.key)
    for _ in range(_MOST_REBUILDS):
        _branch(step)
        unchanged = _is_same_query(step)
        staged = Staged(_as_it_is(step)) if unchanged else _stage(step)
        if failed := _check(step, step.branch):
            return _hold_back(step, staged, failed)
        if not unchanged:
            unchanged = staged.result.skipped or _is_same_data(step)
        try:
            return _publish(step, staged, unchanged=unchanged)
        except CommitConflict as conflict:
            step.attempt += 1
            step.teller.tell(
                EventType.STEP_RETRY, reason="conflict", message=conflict.message,
                attempt=step.attempt,
            )  # fmt: skip
    raise AlwaysMoved(step.asset.key, _MOST_REBUILDS)


def _branch(step: _Step) -> None:
    """Make the branch anew; what is read is fixed the first time: a retry reads the same."""
    lake, options = step.world.lake, step.world.options
    _drop(step)
    lake.create_branch(step.branch, options.ref)
    if not step.has_pins:
        tables = set(lake.tables(step.branch))
        for table in step.asset.deps:
            if table in tables:
                snapshot = lake.describe(table, step.branch).snapshot_id
                if snapshot is not None:
                    step.inputs[table] = snapshot
        step.has_pins = True


def _stage(step: _Step) -> Staged:
    """Write the rows; tried again as often as the asset says."""
    asset, delay = step.asset, parse_duration(step.asset.retry_delay or "0s")
    timeout = parse_duration(asset.timeout) if asset.timeout else None
    tries = 0
    while True:
        try:
            with step.world.interrupts.within(timeout.total_seconds() if timeout else None):
                # On a fresh branch the inputs are as they were fixed; later ones may have moved.
                pins = step.inputs if step.attempt > 1 else {}
                return stage(step.teller, step.branch, pins, step.attempt)
        except (Exception, TimedOut) as error:
            tries += 1
            if tries > asset.retries:
                raise
            step.attempt += 1
            said = str(error) or type(error).__name__
            step.teller.tell(
                EventType.STEP_RETRY, reason="failed", message=said, attempt=step.attempt
            )
            _wait(step, delay.total_seconds() if delay else 0.0)


def _check(step: _Step, ref: str) -> list[str]:
    """Ask the checks of the table on a ref; returns the names of those that block."""
    world, asset = step.world, step.asset
    if not world.options.checks or not asset.checks:
        return []
    if world.lake.metadata_location(asset.key, ref) is None:
        return []  # no row ever came, so there is no table
    step.teller.progress(now=True, stage="checking")
    outcomes = check(world, asset, ref)
    return [outcome.spec.name for outcome in outcomes if outcome.is_blocking]


def _hold_back(step: _Step, staged: Staged, failed: list[str]) -> Result:
    teller, world = step.teller, step.world
    error = HeldBack(step.asset.key, failed, world.options.run_id)
    shown = error_as_json(error, world.root)
    facts = _facts(step, staged)
    teller.world.emit(
        teller.event(EventType.HELD_BACK, checks=failed, message=error.message),
        teller.event(
            EventType.STEP_ENDED, state="held_back", error=shown, reason=error.message, **facts
        ),
    )
    return "held_back"


def _publish(step: _Step, staged: Staged, *, unchanged: bool) -> Result:
    """Publish and record, undisturbed; a kill between the two is put right by `recover`."""
    world, teller = step.world, step.teller
    ref, facts = world.options.ref, _facts(step, staged)
    if unchanged:
        facts |= _as_published(step)
    made = _materialized(step, staged, facts, unchanged=unchanged)
    # Should the process die between the publish and its record, `recover` completes it from this.
    teller.progress(now=True, stage="publishing", materialized=made, **facts)
    with world.interrupts.shielded():
        published = () if unchanged else world.lake.publish(step.branch, target=ref)
        tables = [p.table for p in published]
        world.emit(
            *([teller.event(EventType.PUBLISHED, ref=ref, tables=tables)] if tables else []),
            teller.event(EventType.MATERIALIZED, **made),
            teller.event(
                EventType.STEP_ENDED, state="succeeded",
                reason="unchanged" if unchanged else None, **facts,
            ),
        )  # fmt: skip
    return "succeeded"


def _materialized(
    step: _Step, staged: Staged, facts: Mapping[str, Any], *, unchanged: bool
) -> dict[str, Any]:
    return {
        **facts,
        "ref": step.world.options.ref,
        "unchanged": unchanged,
        "inputs": step.inputs,
        "schema_changes": list(staged.result.schema_changes),
        "code_hash": step.asset.code_hash,
        "duration_ms": (time.monotonic() - step.began) * 1000,
        "state": staged.state,
    }


def _is_same_query(step: _Step) -> bool:
    """Whether the table already holds what the query would give; then it is only checked again."""
    world, asset, teller = step.world, step.asset, step.teller
    if world.options.full_refresh or asset.kind != "sql":
        return False
    last = next(
        (
            record
            for record in world.store.materializations(asset.key, limit=500)
            if record.ref == world.options.ref and record.partition == teller.key
        ),
        None,
    )
    if asset.partitions is not None:
        return False  # the table's snapshot is that of whichever partition came last
    return is_same_query(asset, last, step.inputs, _snapshot(step, step.branch))


def _is_same_data(step: _Step) -> bool:
    world, asset = step.world, step.asset
    return not world.options.full_refresh and have_same_rows(
        world.lake, world.engine(asset.engine), asset.key, step.branch, world.options.ref
    )


def _as_it_is(step: _Step) -> Any:
    from phlo.lakehouse.write.plan import WriteResult

    about = step.world.lake.describe(step.asset.key, step.branch)
    return WriteResult(rows_total=about.row_count, snapshot_id=about.snapshot_id, skipped=True)


def _as_published(step: _Step) -> dict[str, Any]:
    """Return the facts of a step that left the table as it is."""
    snapshot = _snapshot(step, step.world.options.ref)
    return {"rows_added": 0, "rows_updated": 0, "rows_deleted": 0, "snapshot_id": snapshot}


def _snapshot(step: _Step, ref: str) -> int | None:
    lake, key = step.world.lake, step.asset.key
    if lake.metadata_location(key, ref) is None:
        return None
    return lake.describe(key, ref).snapshot_id


def _facts(step: _Step, staged: Staged) -> dict[str, Any]:
    result = staged.result
    return {
        "rows_in": result.rows_in,
        "rows_added": result.rows_added,
        "rows_updated": result.rows_updated,
        "rows_deleted": result.rows_deleted,
        "rows_total": result.rows_total,
        "bytes": result.bytes,
        "snapshot_id": result.snapshot_id,
        "attempt": step.attempt,
    }


def _fail(step: _Step, error: PhloError) -> Result:
    root = step.world.root
    if error.where is None:
        error.at(with_source(_place(step.asset), root))
    shown: Mapping[str, Any] = error_as_json(error, root)
    step.teller.tell(EventType.STEP_ENDED, state="failed", error=shown, attempt=step.attempt)
    return "failed"


def _failure(step: _Step, error: Exception) -> PhloError:
    message = (str(error).strip().splitlines() or [""])[0]
    where = user_frame(error.__traceback__, str(step.world.root))
    return StepFailed(step.asset.key, type(error).__name__, message, where)


def _place(asset: AssetSpec) -> Any:
    from phlo.errors import Where

    return Where(asset.file, asset.line)


def _drop(step: _Step) -> None:
    """Forget the branch; its files are swept when nobody writes."""
    lake = step.world.lake
    if any(ref.name == step.branch for ref in lake.refs()):
        lake.drop_branch(step.branch)


def _wait(step: _Step, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        step.world.interrupts.check()
        time.sleep(min(left, 0.2))
