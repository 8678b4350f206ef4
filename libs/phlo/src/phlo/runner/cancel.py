"""Ending a run from outside of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from phlo.errors.runs import RunOver, UnknownRun
from phlo.orchestration.client import OVER, RunRef
from phlo.orchestration.events import Event, EventType
from phlo.orchestration.process import ask_to_end, is_alive
from phlo.orchestration.recover import recover

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.lakehouse.lake import Lake
    from phlo.orchestration.client import OrchestratorClient
    from phlo.orchestration.records import RunRecord
    from phlo.orchestration.store import Store


def cancel(store: Store, lake: Lake, root: Path, run_id: str, *, wait: float = 10.0) -> RunRecord:
    """Ask a run to end, and return what it is then: mostly `cancelled`.

    Args:
        store: The project's store.
        lake: Its tables.
        root: The project's folder.
        run_id: The run.
        wait: How long to wait for its end, in seconds; it goes on ending afterwards.

    Raises:
        UnknownRun: There is no such run.
        RunOver: It has ended already.
    """
    run = _get(store, run_id)
    if not run.is_active:
        raise RunOver(run_id, run.state)
    store.record(Event(EventType.RUN_CANCELLING, run_id))
    end = time.monotonic() + wait
    asked: int | None = None
    while (run := _get(store, run_id)).is_active and time.monotonic() < end:
        # One that waited may be given a process just now.
        if run.pid is not None and run.process is not None and run.pid != asked:
            asked = run.pid if ask_to_end(run.pid, run.process) else None
        if asked is None or not is_alive(run.pid, run.process):
            recover(root, lake)  # it was gone before it could say so
        time.sleep(0.1)
    return run


def cancel_remotely(
    client: OrchestratorClient, store: Store, lake: Lake, root: Path, run: RunRecord, *, wait: float
) -> RunRecord:
    """Have an orchestrator end its run, and return what it is then: mostly `cancelled`.

    Args:
        client: The orchestrator.
        store: The project's store.
        lake: Its tables.
        root: The project's folder.
        run: The run, which has not ended.
        wait: How long to wait for its end, in seconds; it goes on ending afterwards.

    Raises:
        OrchestratorRefused: It does not answer.
    """
    store.record(Event(EventType.RUN_CANCELLING, run.id))
    try:
        client.cancel(RunRef(client.name, run.id))
    except UnknownRun:
        # It never came there, or the orchestrator has forgotten it: nothing of it will run.
        recover(root, lake, gone={run.id})
    end = time.monotonic() + wait
    while (found := _get(store, run.id)).is_active and time.monotonic() < end:
        if client.status(RunRef(client.name, run.id)).state in OVER and found.started_at is None:
            recover(root, lake, gone={run.id})  # none of its steps began, so none tells of its end
        time.sleep(0.2)
    return found


def _get(store: Store, run_id: str) -> RunRecord:
    run = store.run(run_id)
    if run is None:
        raise UnknownRun(run_id, (one.id for one in store.runs(3)))
    return run
