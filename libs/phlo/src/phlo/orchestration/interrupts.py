"""Signals and timeouts while a run works: it stops at once, but never between two halves."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class RunCancelled(BaseException):
    """The run was asked to end; not an Exception, so that no `except Exception` keeps it."""

    def __init__(self, signal_number: int = signal.SIGTERM) -> None:
        super().__init__()
        self.signal_number = signal_number


class TimedOut(BaseException):
    """The step took too long."""


class Interrupts:
    """Turns signals into exceptions of the main thread, but inside `shielded` only later.

    with Interrupts() as interrupts:
        work()
        with interrupts.shielded():
            publish()
            record()

    A second signal ends the process at once: whatever it was at, the next command recovers.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        self._is_late = False
        self._shields = 0
        self._before: dict[int, object] = {}
        self._stoppers: list[Callable[[], None]] = []

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def check(self) -> None:
        """Raise what came while it could not be raised."""
        if self._shields:
            return
        if self.asked is not None:
            raise RunCancelled(self.asked)
        if self._is_late:
            self._is_late = False
            raise TimedOut

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Keep signals out of the block; what came meanwhile is raised after it."""
        with self.quietly():
            yield
        self.check()

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Raise nothing in the block and after it: the end has come, and is being recorded."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    @contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Raise TimedOut in the block after so many seconds."""
        if seconds is None or signal.SIGALRM not in self._before:
            yield
            return
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._is_late = False

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call `stop` when the block is to end: for what does not return to Python by itself."""
        self._stoppers.append(stop)
        try:
            yield
        finally:
            self._stoppers.remove(stop)

    def cancel(self, number: int = signal.SIGTERM) -> None:
        """Ask the run to end, from any thread."""
        os.kill(os.getpid(), number)

    def watch_parent(self, parent: int) -> None:
        """Ask the run to end when the process that started it is gone."""

        def watch() -> None:
            while os.getppid() == parent:
                time.sleep(1.0)
            self.cancel()

        threading.Thread(target=watch, name="phlo-parent", daemon=True).start()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.asked is not None:
            os._exit(128 + number)
        self.asked = number
        self._stop_all()
        self.check()

    def _on_alarm(self, *_: object) -> None:
        self._is_late = True
        self._stop_all()
        self.check()

    def _stop_all(self) -> None:
        for stop in list(self._stoppers):
            # A thread, because the signal may have come in the middle of what `stop` needs.
            threading.Thread(target=stop, daemon=True).start()
