"""What is told while a part of the lakehouse is slow, or does not answer."""

from __future__ import annotations

import threading
import time
from itertools import count

from phlo_api.models.base import SourceState
from phlo_api.sources import Source


def test_a_good_answer_is_given_while_the_next_is_on_its_way() -> None:
    numbers, gate = count(1), threading.Event()

    def read() -> int:
        number = next(numbers)
        if number == 2:
            assert gate.wait(20)
        return number

    source = Source(read, 0, ttl=0, grace=60)
    assert source.get().value == 1
    # The second is asked for, and not waited for.
    assert [source.get().value for _ in range(3)] == [1, 1, 1]
    gate.set()
    end = time.monotonic() + 20
    while source.get().value < 2:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_was_forgotten_is_waited_for() -> None:
    numbers = count(1)
    source = Source(lambda: next(numbers), 0, ttl=60, grace=60)
    assert [source.get().value, source.get().value] == [1, 1]
    source.forget()
    assert source.get().value == 2


def test_who_does_not_answer_is_told_with_the_last_answer() -> None:
    gate = threading.Event()
    numbers = count(1)

    def read() -> int:
        number = next(numbers)
        if number == 2:
            raise ConnectionError("gone")
        if number == 3:
            gate.wait(20)
        return number

    source = Source(read, 0, ttl=0, timeout=0.05)
    assert source.get().value == 1
    failed = source.get()
    assert (failed.value, failed.state) == (1, SourceState.DOWN)
    assert failed.problem == "ConnectionError: gone"
    source.forget()
    late = source.get()
    gate.set()
    assert (late.value, late.state) == (1, SourceState.STALE)
