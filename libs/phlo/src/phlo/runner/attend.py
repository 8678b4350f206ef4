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


@contextmanager
def attending(process: subprocess.Popen[bytes]) -> Iterator[Attention]:
    """Pass Ctrl-C and SIGTERM on to a run in the block; it ends by itself, and so does the block.

    A second signal ends the run's process at once; the next command puts right what it leaves.
    """
    attention = Attention()
    if threading.current_thread() is not threading.main_thread():
        yield attention
        return

    def pass_on(number: int, _: object) -> None:
        attention.signal_number = number
        if process.poll() is None:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    try:
        yield attention
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if process.poll() is None:  # the block ended by an error: nobody follows the run any more
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
