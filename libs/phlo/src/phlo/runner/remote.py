"""A run that another orchestrator makes, followed through the store that its steps write."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from phlo.errors import PhloError
from phlo.errors.orchestrator import DefinitionsNotLoaded, OrchestratorRefused
from phlo.orchestration.client import OVER, RunRequest, RunState
from phlo.orchestration.diagnostics import error_as_json
from phlo.orchestration.events import EventType
from phlo.orchestration.recover import recover
from phlo.runner.attend import attending
from phlo.runner.part import finish
from phlo.runner.result import read_result
from phlo.runner.run import begins, record_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from phlo.orchestration.client import OrchestratorClient, RunRef
    from phlo.orchestration.records import StoredEvent
    from phlo.orchestration.world import World
    from phlo.runner.attend import Attention
    from phlo.runner.plan import Step
    from phlo.runner.result import RunResult

#: How often the store is asked for news, and the orchestrator how the run stands, in seconds.
_EVERY, _ASK_EVERY = 0.2, 2.0
_LOAD_PATIENCE = 90.0
#: So long a run may wait in an orchestrator that says nothing, in seconds.
_SILENCE = 120.0


def run_remotely(
    client: OrchestratorClient,
    world: World,
    steps: Sequence[Step],
    manifest_hash: str,
    *,
    wait: bool,
    on_event: Callable[[StoredEvent], None] | None,
) -> RunResult:
    """Have an orchestrator make steps, and return what came of it.

    Args:
        client: The orchestrator.
        world: What is asked for, and where it is told.
        steps: The steps.
        manifest_hash: Of the manifest that they are from.
        wait: Follow the run to its end; else it goes on by itself.
        on_event: Told of each event as it comes.

    Raises:
        OrchestratorRefused: It does not take the run.
        DefinitionsNotLoaded: It has not loaded these assets.
    """
    if not steps:
        record_empty(world)
        return read_result(world.store, world.options.run_id)
    require_loaded(client, manifest_hash)
    with attending() as attention:
        after = world.store.last_event()
        # Before it is launched, so that its first step finds it.
        begins(world, steps, queued=True)
        try:
            ref = client.launch(_request(world, steps))
        except PhloError as error:
            shown = error_as_json(error, world.root)
            world.emit(world.event(EventType.RUN_ENDED, state="failed", error=shown))
            raise
        if wait:
            for event in _follow(client, ref, world, after, attention):
                if on_event is not None:
                    on_event(event)
    return read_result(world.store, world.options.run_id, attention.signal_number)


def require_loaded(
    client: OrchestratorClient, manifest_hash: str, timeout: float = _LOAD_PATIENCE
) -> None:
    """Make sure that what an orchestrator has loaded was made of this manifest.

    Raises:
        DefinitionsNotLoaded: It is not, after it was read anew.
    """
    found = client.definitions()
    if found.hash == manifest_hash:
        return
    end = time.monotonic() + timeout
    found = client.reload(timeout)
    while found.hash != manifest_hash:
        if found.errors or time.monotonic() > end:
            problem = found.errors[0] if found.errors else "it has those of an earlier reading"
            raise DefinitionsNotLoaded(client.name, problem)
        time.sleep(_EVERY)
        found = client.definitions()


def _request(world: World, steps: Sequence[Step]) -> RunRequest:
    options = world.options
    tags = {"trigger": options.trigger}
    if options.ref != "main":
        tags["ref"] = options.ref
    if options.full_refresh:
        tags["full_refresh"] = "true"
    return RunRequest(
        tuple(dict.fromkeys(step.asset for step in steps)),
        partition=options.partition,
        checks=options.checks,
        key=options.run_id,
        tags=tags,
    )


def _follow(
    client: OrchestratorClient, ref: RunRef, world: World, after: int, attention: Attention
) -> Iterator[StoredEvent]:
    """Yield the events of a run until it has ended, however it ended."""
    seen, is_told = after, False
    heard = asked = time.monotonic()
    while True:
        if attention.signal_number is not None and not is_told:
            world.emit(world.event(EventType.RUN_CANCELLING))
            client.cancel(ref)
            is_told = True
        events = world.store.events(ref.id, after=seen)
        for event in events:
            seen = event.seq
            yield event
            if event.type == EventType.RUN_ENDED:
                return
        if events:
            continue
        if time.monotonic() - asked > _ASK_EVERY:
            asked = time.monotonic()
            try:
                _end_if_over(client, ref, world)
                heard = asked
            except OrchestratorRefused:
                # It may be on its way back, and a run that began lives without it.
                if _waits(world) and asked - heard > _SILENCE:
                    raise
        time.sleep(_EVERY)


def _waits(world: World) -> bool:
    """Tell whether none of a run's steps began; what a killed process left is put right before."""
    recover(world.root, world.lake)
    run = world.store.run(world.options.run_id)
    return run is not None and run.state == "queued"


def _end_if_over(client: OrchestratorClient, ref: RunRef, world: World) -> None:
    """End a run in the store that is over for its orchestrator, which could not say so itself."""
    state = client.status(ref).state
    if state not in OVER:
        return
    # Its own last word may be on its way.
    time.sleep(_ASK_EVERY)
    if state is RunState.CANCELLED:
        world.emit(world.event(EventType.RUN_CANCELLING))
    finish(world)
