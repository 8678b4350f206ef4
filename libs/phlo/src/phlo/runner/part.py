"""A run whose steps an orchestrator starts one by one, each in a process of its own.

The orchestrator's own process stands for the run: while it lives, the run is alive. Each part joins
the run, or begins it where nobody did; whoever knows that no further part will come finishes it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phlo.errors import ExitCode
from phlo.orchestration.events import EventType
from phlo.orchestration.interrupts import RunCancelled
from phlo.runner.run import begins, load_data_plane, run_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.world import World
    from phlo.runner.plan import Step


def run_part(
    world: World, manifest: Manifest, steps: Sequence[Step], planned: Sequence[Step]
) -> ExitCode:
    """Run some steps of a run, and leave it open.

    Args:
        world: What the steps work with.
        manifest: The project's assets.
        steps: Those to run now, in their order.
        planned: All steps of the run, should nobody have said them yet.
    """
    with world.interrupts:
        _join(world, planned)
        load_data_plane()
        done: dict[tuple[str, str | None], str] = {}
        try:
            for step in steps:
                done[step.id] = run_one(world, manifest, step, done)
        except RunCancelled:
            with world.interrupts.quietly():
                world.emit(world.event(EventType.RUN_CANCELLING))
            return ExitCode.TERMINATED
        finally:
            if world.leftovers:
                world.lake.sweep(leftovers=world.leftovers)
        is_good = all(state == "succeeded" for state in done.values())
        return ExitCode.OK if is_good else ExitCode.DATA


def finish(world: World) -> ExitCode:
    """Say that no further part of a run comes: what did not run is skipped, and the run is over."""
    store, options = world.store, world.options
    run = store.run(options.run_id)
    if run is None or not run.is_active:
        return ExitCode.OK
    steps = store.steps(options.run_id)
    cancelled = run.state == "cancelling" or any(step.state == "cancelled" for step in steps)
    bad = sorted({step.asset for step in steps if step.state in ("failed", "held_back")})
    events = []
    for step in steps:
        if step.ended_at is None:
            state = "cancelled" if cancelled else "failed" if step.started_at else "skipped"
            reason = (
                "the run was cancelled" if cancelled
                else "its process ended" if step.started_at
                else f"not made because {', '.join(bad) or 'the run'} did not succeed"
            )  # fmt: skip
            events.append(
                world.event(
                    EventType.STEP_ENDED, step.asset, step.partition, state=state, reason=reason
                )
            )
    is_good = not events and not bad
    state = "succeeded" if is_good else "cancelled" if cancelled else "failed"
    world.emit(*events, world.event(EventType.RUN_ENDED, state=state))
    return ExitCode.OK


def _join(world: World, planned: Sequence[Step]) -> None:
    run = world.store.run(world.options.run_id)
    if run is None or run.started_at is None:
        begins(world, planned, pid=os.getppid())
