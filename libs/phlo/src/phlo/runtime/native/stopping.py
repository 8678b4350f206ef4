"""Stopping processes: a layer at a time, those of one layer together."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from phlo.errors.service import SupervisorFailed
from phlo.model.status import ServiceState
from phlo.runtime.native.client import BAD_NAME, NOT_RUNNING, SHUTTING_DOWN
from phlo.runtime.native.conf import SHIM_NEEDS
from phlo.runtime.native.order import stop_layers
from phlo.runtime.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.runtime.native.client import Client
    from phlo.runtime.native.definitions import Definition
    from phlo.runtime.progress import OnProgress


def stop(
    client: Client, names: Iterable[str], told: Mapping[str, Definition], on_progress: OnProgress
) -> list[str]:
    """Stop processes, and return those that ran.

    Raises:
        SupervisorFailed: One of them does not end.
    """
    began = time.monotonic()
    running = client.running()
    stopped = []
    for layer in stop_layers(names, told):
        alive = [name for name in layer if running.get(name)]
        for name in alive:
            client.tell("stopProcess", name, False, unless=(NOT_RUNNING, BAD_NAME))
        for name in _ended(client, alive, _deadline(alive, told)):
            stopped.append(name)
            on_progress(Progress(name, ServiceState.STOPPED, time.monotonic() - began))
    return stopped


def _deadline(names: Iterable[str], told: Mapping[str, Definition]) -> float:
    graces = [float(told[name]["stop_grace"]) for name in names if name in told]
    return time.monotonic() + max([5.0, *graces]) + SHIM_NEEDS + 5


def _ended(client: Client, names: list[str], deadline: float) -> Iterable[str]:
    """Yield the processes as they end."""
    left, ask_again = list(names), time.monotonic() + 0.3
    while left:
        running = client.running()
        for name in [name for name in left if not running.get(name)]:
            left.remove(name)
            yield name
        if left and time.monotonic() > deadline:
            raise SupervisorFailed(f"could not end '{left[0]}'", log=client.log)
        if left and time.monotonic() > ask_again:
            # A signal that meets a process between fork and exec is lost.
            for name in left:
                client.tell("signalProcess", name, "TERM", unless=(NOT_RUNNING, BAD_NAME))
            ask_again += 0.7
        if left:
            time.sleep(0.03)


def shut_down(client: Client) -> None:
    """End supervisord, and wait until it no longer listens; what then is left is for `recover`."""
    pid, end = client.ask("getPID"), time.monotonic() + 15
    client.tell("shutdown", unless=(SHUTTING_DOWN,))
    while client.is_there() and time.monotonic() < end:
        time.sleep(0.02)
    with suppress(ChildProcessError):  # this very process may have started it, and live on
        while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < end:
            time.sleep(0.02)
