"""A run: its steps one after the other, in this process."""

from __future__ import annotations

import os
import signal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from phlo.errors import ExitCode
from phlo.orchestration.events import EventType
from phlo.orchestration.execute import Result, execute
from phlo.orchestration.interrupts import RunCancelled
from phlo.orchestration.process import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.world import World
    from phlo.runner.plan import Step

#: What the steps after one that did not succeed are told of it.
_BECAUSE = {"failed": "failed", "held_back": "was held back", "skipped": "was skipped"}


def begins(
    world: World,
    steps: Sequence[Step],
    *,
    queued: bool = False,
    pid: int | None = None,
    handed_over: bool = False,
) -> None:
    """Record that a run waits, or that a process works on it.

    Args:
        world: What it works with.
        steps: What it will make.
        queued: It waits still.
        pid: The process; this one if no other is named.
        handed_over: It has no process yet: whoever keeps the queue will start one.
    """
    options = world.options
    pid = None if handed_over else os.getpid() if pid is None else pid
    event = world.event(
        EventType.RUN_QUEUED if queued else EventType.RUN_STARTED,
        partition=options.partition,
        assets=list(dict.fromkeys(step.asset for step in steps)),
        steps=[[step.asset, step.partition] for step in steps],
        selection=options.selection, ref=options.ref, trigger=options.trigger,
        orchestrator=options.orchestrator, full_refresh=options.full_refresh,
        checks=options.checks, pid=pid, process=None if pid is None else identity(pid),
    )  # fmt: skip
    world.emit(event)


def record_empty(world: World) -> None:
    """Record a run of no steps, which is over at once."""
    begins(world, (), queued=True)
    world.emit(world.event(EventType.RUN_ENDED, state="succeeded"))


def run(world: World, manifest: Manifest, steps: Sequence[Step]) -> ExitCode:
    """Run the steps in their order and return how it went; everything else is in the store."""
    with world.interrupts:
        code = _run(world, manifest, steps)
        if world.leftovers:
            world.lake.sweep(leftovers=world.leftovers)
        return code


def _run(world: World, manifest: Manifest, steps: Sequence[Step]) -> ExitCode:
    done: dict[tuple[str, str | None], str] = {}
    current: Step | None = None
    if _was_cancelled(world):
        return ExitCode.TERMINATED
    try:
        begins(world, steps)
        load_data_plane()
        for step in steps:
            current = step
            done[step.id] = run_one(world, manifest, step, done)
            current = None
    except RunCancelled as cancelled:
        _cancel(world, steps, current)
        is_interrupt = cancelled.signal_number == signal.SIGINT
        return ExitCode.INTERRUPTED if is_interrupt else ExitCode.TERMINATED
    return _end(world, done)


def _was_cancelled(world: World) -> bool:
    """Whether somebody cancelled the run while it waited for this process."""
    known = world.store.run(world.options.run_id)
    return known is not None and known.state == "cancelled" and known.started_at is None


def load_data_plane() -> None:
    """Import what takes a second before the first step, so that its time is its own."""
    for module in ("pyarrow.compute", "pyiceberg.io.pyarrow", "pyiceberg.catalog.sql"):
        import_module(module)


def run_one(
    world: World, manifest: Manifest, step: Step, done: dict[tuple[str, str | None], str]
) -> Result | str:
    """Run one step, unless one that it needs did not succeed; return what became of it.

    Args:
        world: What it works with.
        manifest: The project's assets.
        step: The step.
        done: What became of the steps before it.
    """
    bad = [need for need in step.needs if done.get(need) not in ("succeeded", None)]
    if bad:
        reasons = dict.fromkeys(f"'{asset}' {_BECAUSE[done[asset, key]]}" for asset, key in bad)
        _tell_end(world, step, "skipped", reason=f"not made because {', '.join(reasons)}")
        return "skipped"
    asset = manifest.asset(step.asset)
    assert asset is not None, "the plan was made of this manifest"
    return execute(world, asset, step.partition)


def _end(world: World, done: dict[tuple[str, str | None], str]) -> ExitCode:
    is_good = all(state == "succeeded" for state in done.values())
    world.emit(world.event(EventType.RUN_ENDED, state="succeeded" if is_good else "failed"))
    return ExitCode.OK if is_good else ExitCode.DATA


def _cancel(world: World, steps: Sequence[Step], current: Step | None) -> None:
    """Record that the run ended before its end; a second signal does not come in between."""
    with world.interrupts.quietly():
        told = world.store.steps(world.options.run_id)
        over = {(step.asset, step.partition) for step in told if step.ended_at is not None}
        for step in steps:
            if step.id not in over:
                when = "meanwhile" if step is current else "before it"
                _tell_end(world, step, "cancelled", reason=f"the run was cancelled {when}")
        world.emit(world.event(EventType.RUN_ENDED, state="cancelled"))


def _tell_end(world: World, step: Step, state: str, **data: Any) -> None:
    world.emit(world.event(EventType.STEP_ENDED, step.asset, step.partition, state=state, **data))
