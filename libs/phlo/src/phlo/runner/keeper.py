"""Whether the runner's own process lives: it takes the runs that wait, and keeps the schedules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phlo.orchestration.process import identity, is_alive
from phlo.runner.launch import launch
from phlo.runner.run import begins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.orchestration.records import RunRecord
    from phlo.orchestration.store import Store
    from phlo.orchestration.world import World
    from phlo.runner.plan import Step

_NAME = "runner"


def is_kept(store: Store) -> bool:
    """Whether somebody takes the runs that wait."""
    known = store.kept(_NAME).get("")
    return known is not None and is_alive(known["pid"], known["process"])


def keep(store: Store) -> None:
    """Say that this process does."""
    store.keep(_NAME, {"pid": os.getpid(), "process": identity()})


def is_mine(store: Store) -> bool:
    """Whether it is this process that does: the last that said so."""
    known = store.kept(_NAME).get("")
    return known is not None and known["pid"] == os.getpid()


def hand_over(world: World, steps: Sequence[Step], python: str) -> None:
    """Have a run made that nobody here follows.

    By the process that takes those that wait; where there is none, by one of its own, which
    outlives this one.
    """
    kept = is_kept(world.store)
    begins(world, steps, queued=True, handed_over=kept)
    if not kept:
        assets = tuple(dict.fromkeys(step.asset for step in steps))
        launch(world.store, world.root, python, assets, world.options, detached=True)


def waiting(store: Store) -> list[RunRecord]:
    """Return the runs that wait to be taken, the oldest first."""
    queued = store.runs(1000, state="queued")
    return [run for run in reversed(queued) if run.orchestrator == _NAME and run.pid is None]
