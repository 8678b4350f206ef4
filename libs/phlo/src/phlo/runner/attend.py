"""Passing signals on to the process of a run, and waiting for its orderly end."""

from __future__ import annotations

import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Attention:
    """Whether the run was asked to end, and by which signal."""

    signal_number: int | None = None
    process: subprocess.Popen[bytes] | None = None

    def attend(self, process: subprocess.Popen[bytes]) -> None:
        """Pass signals on to a process from now on, and what came before it was there."""
        self.process = process
        if self.signal_number is not None:
            self._tell(self.signal_number)

    def take(self, number: int, _: object = None) -> None:
        """Take in a signal."""
        self.signal_number = number
        self._tell(number)

    def _tell(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@contextmanager
def attending() -> Iterator[Attention]:
    """Pass Ctrl-C and SIGTERM on to a run in the block; it ends by itself, and so does the block.

    The block begins before anything is told of the run: what comes while its process is being
    started is kept for it. A second signal ends the process at once; the next command puts right
    what it leaves.
    """
    attention = Attention()
    if threading.current_thread() is not threading.main_thread():
        yield attention
        return
    before = {number: signal.signal(number, attention.take) for number in _SIGNALS}
    try:
        yield attention
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if attention.process is not None:
            _end(attention.process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that nobody follows any more, since the block ended by an error."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
