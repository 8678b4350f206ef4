"""A run that phlo's own runner makes, in a process of its own, followed through the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.runner.attend import attending
from phlo.runner.keeper import hand_over
from phlo.runner.launch import follow, launch
from phlo.runner.result import read_result
from phlo.runner.run import begins, record_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phlo.orchestration.records import StoredEvent
    from phlo.orchestration.world import World
    from phlo.runner.plan import Step
    from phlo.runner.result import RunResult


def run_locally(
    world: World,
    steps: Sequence[Step],
    python: str,
    *,
    wait: bool = True,
    on_event: Callable[[StoredEvent], None] | None = None,
) -> RunResult:
    """Have steps made, and return what came of it.

    Args:
        world: What is asked for, and where it is told.
        steps: The steps.
        python: The interpreter that runs workflow files.
        wait: Follow the run to its end; else it goes on by itself.
        on_event: Told of each event as it comes.
    """
    options = world.options
    if not steps:
        record_empty(world)
        return read_result(world.store, options.run_id)
    if not wait:
        hand_over(world, steps, python)
        return read_result(world.store, options.run_id)
    assets = tuple(dict.fromkeys(step.asset for step in steps))
    with attending() as attention:
        # Told before there is a process for it, so that a key which comes now ends it, too.
        begins(world, steps, queued=True)
        launched = launch(world.store, world.root, python, assets, options)
        attention.attend(launched.process)
        was_cancelled = lambda: attention.signal_number is not None  # noqa: E731
        for event in follow(world.store, world.lake, world.root, launched, was_cancelled):
            if on_event is not None:
                on_event(event)
    return read_result(world.store, options.run_id, attention.signal_number)
