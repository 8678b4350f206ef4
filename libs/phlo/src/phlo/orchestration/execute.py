"""One step: write on a branch, check there, publish in one transaction, or hold back."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from phlo.assets.places import user_frame
from phlo.errors import PhloError, Where
from phlo.errors.refs import CommitConflict
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
from phlo.orchestration.secrets import redacted
from phlo.orchestration.stage import Staged, partition_of, stage
from phlo.orchestration.step import Step
from phlo.orchestration.unchanged import have_same_rows, is_same_query
from phlo.orchestration.world import StepTeller

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.world import World

#: How often a table is made again because somebody else published it meanwhile.
_MOST_REBUILDS = 5

#: What a query engine calls the file of the statement that it was given.
STATEMENT = "<sql>"

Result: TypeAlias = Literal["succeeded", "failed", "held_back"]


def execute(world: World, asset: AssetSpec, key: str | None = None) -> Result:
    """Run one step to its end; what came of it is in the store.

    Raises:
        RunCancelled: The run was asked to end; nothing of the step is published.
    """
    teller = StepTeller(world, asset, partition_of(asset.partitions, key))
    step = Step(teller, branch_name(world.options.run_id, asset.key, key))
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
        step.drop_branch()


def _look(step: Step) -> Result:
    """Ask the checks of the table as it is published."""
    asset = step.asset
    if step.lake.metadata_location(asset.key, step.ref) is None:
        reason = "there is no table yet"
        step.teller.tell(EventType.STEP_ENDED, state="skipped", reason=reason)
        return "succeeded"
    if failed := _check(step, step.ref):
        return _fail(step, ChecksFailed(asset.key, failed, step.world.options.run_id))
    about = step.lake.describe(asset.key, step.ref)
    facts = {"rows_total": about.row_count, "snapshot_id": about.snapshot_id}
    step.teller.tell(EventType.STEP_ENDED, state="succeeded", **facts)
    return "succeeded"


def _make(step: Step) -> Result:
    if step.world.options.full_refresh and step.asset.partitions and step.asset.mode == "append":
        raise NoFullRefresh(step.asset.key)
    for _ in range(_MOST_REBUILDS):
        step.branch_anew()
        unchanged = _is_same_query(step)
        staged = Staged(step.as_it_is()) if unchanged else _stage(step)
        if failed := _check(step, step.branch):
            return _hold_back(step, staged, failed)
        if not unchanged:
            unchanged = staged.result.skipped or _is_same_data(step, staged)
        try:
            return _publish(step, staged, unchanged=unchanged)
        except CommitConflict as conflict:
            step.attempt += 1
            step.teller.tell(
                EventType.STEP_RETRY, reason="conflict", message=conflict.message,
                attempt=step.attempt,
            )  # fmt: skip
    raise AlwaysMoved(step.asset.key, _MOST_REBUILDS)


def _stage(step: Step) -> Staged:
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


def _check(step: Step, ref: str) -> list[str]:
    """Ask the checks of the table on a ref; returns the names of those that block."""
    world, asset = step.world, step.asset
    if not world.options.checks or not asset.checks:
        return []
    if step.lake.metadata_location(asset.key, ref) is None:
        return []  # no row ever came, so there is no table
    step.teller.progress(now=True, stage="checking")
    outcomes = check(world, asset, ref)
    return [outcome.spec.name for outcome in outcomes if outcome.is_blocking]


def _hold_back(step: Step, staged: Staged, failed: list[str]) -> Result:
    teller, world = step.teller, step.world
    error = HeldBack(step.asset.key, failed, world.options.run_id)
    shown = error_as_json(error, world.root)
    facts = {**step.facts(staged), "state": "held_back", "reason": error.message, "error": shown}
    world.emit(
        teller.event(EventType.HELD_BACK, checks=failed, message=error.message),
        teller.event(EventType.STEP_ENDED, **facts),
    )
    return "held_back"


def _publish(step: Step, staged: Staged, *, unchanged: bool) -> Result:
    """Publish and record, undisturbed; a kill between the two is put right by `recover`."""
    world, teller = step.world, step.teller
    facts = step.facts(staged, unchanged=unchanged)
    made = step.materialized(staged, facts, unchanged=unchanged)
    reason = "unchanged" if unchanged else None
    # Should the process die between the publish and its record, `recover` completes it from this.
    teller.progress(now=True, stage="publishing", materialized=made, **facts)
    with world.interrupts.shielded():
        published = () if unchanged else step.lake.publish(step.branch, target=step.ref)
        tables = [one.table for one in published]
        world.emit(
            *([teller.event(EventType.PUBLISHED, ref=step.ref, tables=tables)] if tables else []),
            teller.event(EventType.MATERIALIZED, **made),
            teller.event(EventType.STEP_ENDED, state="succeeded", reason=reason, **facts),
        )
    return "succeeded"


def _is_same_query(step: Step) -> bool:
    """Whether the table already holds what the query would give; then it is only checked again."""
    world, asset = step.world, step.asset
    # Of a table with partitions, the snapshot is that of whichever partition came last.
    if world.options.full_refresh or asset.kind != "sql" or asset.partitions is not None:
        return False
    last = world.store.latest_materializations(step.ref).get(asset.key)
    return is_same_query(asset, last, step.inputs, step.snapshot(step.branch))


def _is_same_data(step: Step, staged: Staged) -> bool:
    """Whether an overwrite gave the rows that were there before."""
    if staged.mode != "overwrite" or step.world.options.full_refresh:
        return False
    engine = step.world.engine(step.asset.engine)
    return have_same_rows(step.lake, engine, step.asset.key, step.branch, step.ref)


def _fail(step: Step, error: PhloError) -> Result:
    root = step.world.root
    error.at(_place(step.asset, error.where, root))
    shown = error_as_json(error, root)
    step.teller.tell(EventType.STEP_ENDED, state="failed", error=shown, attempt=step.attempt)
    return "failed"


def _place(asset: AssetSpec, where: Where | None, root: Path) -> Where:
    """Return where in the project's files an error is: at the asset, if nothing better is known."""
    if where is not None and where.file != STATEMENT:
        return where
    if where is not None and where.line is not None and asset.sql is not None:
        line = asset.sql_line + where.line - 1
        return replace(where, file=asset.file, line=line, end_line=line, source=None)
    return with_source(Where(asset.file, asset.line), root)


def _failure(step: Step, error: Exception) -> PhloError:
    first = (str(error).strip().splitlines() or [""])[0]
    message = redacted(first, step.world.secrets)
    where = user_frame(error.__traceback__, str(step.world.root))
    if where is None and step.lake.storage.is_refusal(error):
        return step.lake.storage.refused(message)
    return StepFailed(step.asset.key, type(error).__name__, message, where)


def _wait(step: Step, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        step.world.interrupts.check()
        time.sleep(min(left, 0.2))
