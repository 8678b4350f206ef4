"""After a kill: runs whose process is gone are ended, what they published is completed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from phlo.errors.lake import CatalogRefused, StorageRefused
from phlo.errors.runs import RunKilled
from phlo.orchestration.branches import branch_name, run_of
from phlo.orchestration.diagnostics import error_as_json
from phlo.orchestration.events import Event, EventType
from phlo.orchestration.process import is_alive
from phlo.orchestration.store import Store
from phlo.orchestration.store_file import FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from phlo.lakehouse.lake import Lake
    from phlo.orchestration.records import RunRecord, StepRecord


#: So long a run may wait in an orchestrator until nobody believes in it any more.
_MOST_WAITING = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was put right."""

    runs: tuple[str, ...] = ()
    """Runs that are ended now."""
    completed: tuple[str, ...] = ()
    """Assets that such a run had published without having said so."""
    branches: tuple[str, ...] = ()
    """Branches of runs that were dropped."""


def recover(root: Path, lake: Lake, *, gone: Collection[str] = ()) -> Recovered:
    """Put right what killed runs left; cheap when there is nothing to do.

    Every command that reads or changes tables or runs calls it first. Several at once are fine.

    Args:
        root: The project's folder.
        lake: Its tables; where their server does not answer, a later command looks again.
        gone: Runs of which the caller knows that their process is gone.
    """
    if not (root / FILE).exists():
        return Recovered()
    with Store.open(root) as store:
        dead = [run for run in store.runs(10_000, state="active") if not _is_alive(run, gone)]
        try:
            return _recover(root, store, lake, dead)
        except (CatalogRefused, StorageRefused):
            return Recovered()


def _recover(root: Path, store: Store, lake: Lake, dead: Sequence[RunRecord]) -> Recovered:
    completed = [asset for run in dead for asset in _end(store, lake, root, run)]
    branches = _abandoned(store, lake)
    # Should somebody write just now, the branches wait for a later command.
    dropped = lake.sweep(branches=branches).branches if branches else ()
    return Recovered(tuple(run.id for run in dead), tuple(completed), dropped)


def _is_alive(run: RunRecord, gone: Collection[str]) -> bool:
    if run.id in gone:
        return False
    if run.state == "queued" and (run.orchestrator != "runner" or run.pid is None):
        # It waits in its orchestrator, or for the runner's own process to take it.
        waits = datetime.now(UTC) - datetime.fromisoformat(run.queued_at)
        return waits < _MOST_WAITING
    return is_alive(run.pid, run.process)


def _end(store: Store, lake: Lake, root: Path, run: RunRecord) -> list[str]:
    """End a run; returns the assets that it had published without having said so."""
    steps = store.steps(run.id)
    done = {
        step.asset: made
        for step in steps
        if step.state == "running" and (made := _published(store, lake, step)) is not None
    }
    left = [s.asset for s in steps if s.state in ("queued", "running") and s.asset not in done]
    ends = _Ends.of(run, tuple(dict.fromkeys(left)), root)
    events = []
    for step in steps:
        made = done.get(step.asset) if step.state == "running" else None
        if made is not None:
            events.append(Event(EventType.MATERIALIZED, run.id, step.asset, step.partition, made))
            events.append(_ended(step, "succeeded"))
        elif step.state == "running":
            events.append(_ended(step, ends.running, error=ends.error, reason=ends.reason))
        elif step.state == "queued":
            events.append(_ended(step, ends.queued, reason=f"{ends.reason} before it"))
    is_whole = bool(steps) and not left and {s.state for s in steps} <= {"succeeded", "running"}
    state = {"state": "succeeded"} if is_whole else {"state": ends.running, "error": ends.error}
    store.record(*events, Event(EventType.RUN_ENDED, run.id, data=state))
    return list(done)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What is said of a run that is gone: killed, or cancelled before it could tell."""

    running: str
    queued: str
    reason: str
    error: Mapping[str, Any] | None

    @classmethod
    def of(cls, run: RunRecord, unfinished: Sequence[str], root: Path) -> _Ends:
        if run.state == "cancelling":
            return cls("cancelled", "cancelled", "the run was cancelled", None)
        # What it printed says why only if it never began.
        said = _last_line(root, run.id) if run.started_at is None else None
        killed = RunKilled(run.id, unfinished=unfinished, last_line=said)
        return cls("failed", "skipped", "the run was killed", error_as_json(killed, root))


def _ended(step: StepRecord, state: str, **data: Any) -> Event:
    return Event(
        EventType.STEP_ENDED, step.run_id, step.asset, step.partition, {"state": state, **data}
    )


def _published(store: Store, lake: Lake, step: StepRecord) -> Mapping[str, Any] | None:
    """Return what a step was about to say, if its publish is in the catalog."""
    branch = branch_name(step.run_id, step.asset, step.partition)
    if not lake.publications(branch):
        return None
    said = [
        event.data["materialized"]
        for event in store.events(step.run_id, limit=1_000_000)
        if event.asset == step.asset
        and event.partition == step.partition
        and "materialized" in event.data
    ]
    return said[-1] if said else None


def _last_line(root: Path, run_id: str) -> str | None:
    """Return the last thing that a run's process printed."""
    try:
        text = log_file(root, run_id).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = text.strip().splitlines()
    return lines[-1].strip()[:200] if lines else None


def log_file(root: Path, run_id: str) -> Path:
    """Return where the output of a run's process goes."""
    return root / ".phlo" / "logs" / "runs" / f"{run_id}.log"


def _abandoned(store: Store, lake: Lake) -> tuple[str, ...]:
    """Return the branches of runs that are over."""
    if not lake.exists():
        return ()
    # In this order: a run is recorded before it makes a branch.
    branches = {ref.name: run for ref in lake.refs() if (run := run_of(ref.name)) is not None}
    active = {run.id for run in store.runs(10_000, state="active")}
    return tuple(name for name, run in branches.items() if run not in active)
