"""Reading a part of the lakehouse so that its failing never blanks a page.

A source keeps its last good value: what fails or hangs is answered with the value of before, its
age and the reason.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from phlo.errors import PhloError
from phlo_api.models.base import SourceState

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: The longest pause between two questions to a source that fails, in seconds.
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value with when it was read, and whether its source answers now."""

    value: T
    observed_at: datetime
    state: SourceState = SourceState.OK
    problem: str | None = None


class Source(Generic[T]):
    """A part that is asked at most once in `ttl` seconds, in a thread, for `timeout` seconds.

    Args:
        read: Asks the part.
        empty: What stands for its answer until there is one.
        ttl: How long an answer is good.
        grace: How long a good one is given without waiting for the next, in seconds.
        timeout: How long a caller waits; the question goes on and its answer is kept.
    """

    def __init__(
        self,
        read: Callable[[], T],
        empty: T,
        *,
        ttl: float = 2.0,
        grace: float = 0.0,
        timeout: float = 3.0,
    ) -> None:
        self._read, self._ttl, self._grace, self._timeout = read, ttl, grace, timeout
        self._last = Reading(empty, datetime.now(UTC), SourceState.STALE, "not asked yet")
        self._asked_again = self._waited_again = 0.0
        self._failures = 0
        self._running: Future[None] | None = None
        self._lock = threading.Lock()

    def get(self) -> Reading[T]:
        """Return the value: asked now, or the last one that came."""
        with self._lock:
            now = time.monotonic()
            if now < self._asked_again:
                return self._last
            running = self._running or self._begin()
            if now < self._waited_again:
                return self._last
        try:
            running.result(self._timeout)
        except NotInTime:
            problem = f"no answer within {self._timeout:g} s"
            return Reading(self._last.value, self._last.observed_at, SourceState.STALE, problem)
        return self._last

    def forget(self) -> None:
        """Ask again the next time, whatever is known."""
        self._asked_again = self._waited_again = 0.0

    def _begin(self) -> Future[None]:
        running: Future[None] = Future()
        self._running = running
        threading.Thread(target=self._ask, args=(running,), daemon=True).start()
        return running

    def _ask(self, running: Future[None]) -> None:
        try:
            reading = Reading(self._read(), datetime.now(UTC))
            self._failures = 0
        except Exception as error:  # whatever it is, the page stays
            self._failures += 1
            reading = Reading(
                self._last.value, self._last.observed_at, SourceState.DOWN, reason(error)
            )
        pause = min(self._ttl * 2 ** min(self._failures, 6), LONGEST_PAUSE)
        with self._lock:
            self._last, self._running = reading, None
            now = time.monotonic()
            self._asked_again = now + (pause if self._failures else self._ttl)
            self._waited_again = 0.0 if self._failures else now + self._grace
        running.set_result(None)


def reason(error: BaseException) -> str:
    """Return why something failed, in one line."""
    if isinstance(error, PhloError):
        return error.message
    return f"{type(error).__name__}: {error}".strip().splitlines()[0]
