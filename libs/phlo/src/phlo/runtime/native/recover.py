"""Ending what is left when supervisord is gone: asked first, then killed, each by its identity."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.service import ProcessesLeft
from phlo.orchestration.process import is_alive
from phlo.runtime.native import conf, definitions, find, states

if TYPE_CHECKING:
    from phlo.runtime.native.find import Processes
    from phlo.runtime.native.place import Place

_SHORTEST, _LONGEST = 2.0, 30.0
_ROUNDS = 5


def recover(place: Place) -> tuple[int, ...]:
    """End all processes of the project's services; to be called while supervisord is not there.

    They are ended, not taken over: supervisord held the other end of what they print to.

    Returns:
        The pids that were ended.

    Raises:
        ProcessesLeft: Some could not be ended.
    """
    left = find.left_over(place)
    ended = dict(left)
    if left:
        for pid, start in left.items():
            signal_one(pid, start, _polite(place).get(pid, signal.SIGTERM))
        _wait(left, _grace(place))
    for _ in range(_ROUNDS):
        left = find.left_over(place)
        if not left:
            _remove_socket(place)
            return tuple(ended)
        ended |= left
        for pid, start in left.items():
            signal_one(pid, start, signal.SIGKILL)
        _wait(left, 2.0)
    raise ProcessesLeft(tuple(left))


def _remove_socket(place: Place) -> None:
    """Remove the socket of a supervisord that was killed; one that ends removes its own."""
    if socket := conf.socket_of(place.conf, place.mark):
        with suppress(OSError):
            Path(socket).unlink()


def signal_one(pid: int, start: str, number: int) -> None:
    """Send a signal to the process that was meant, and to no later one with its pid."""
    with suppress(ProcessLookupError, PermissionError):
        if not hasattr(os, "pidfd_open"):
            if is_alive(pid, start):
                os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)
        try:
            if is_alive(pid, start):  # the handle is of this process, so it still is when signalled
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def _polite(place: Place) -> dict[int, int]:
    """Return the stop signals of the services' main processes."""
    told = _told(place)
    return {
        state.child[0]: getattr(signal, f"SIG{told[name]['stop_signal']}", signal.SIGTERM)
        for name, state in states.read_all(place).items()
        if state.child is not None and name in told
    }


def _grace(place: Place) -> float:
    graces = [float(one["stop_grace"]) for one in _told(place).values()]
    return min(_LONGEST, max([_SHORTEST, *graces]))


def _told(place: Place) -> dict[str, definitions.Definition]:
    return {name: told for name, told in definitions.read(place).items() if "stop_signal" in told}


def _wait(left: Processes, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(is_alive(pid, start) for pid, start in left.items()):
        time.sleep(0.02)
