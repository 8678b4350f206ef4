"""Taking times: ours and theirs in turn, in the same run, medians."""

from __future__ import annotations

import gc
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes; a call that returns a float has measured itself."""
    gc.collect()
    began = time.perf_counter()
    result = call()
    took = time.perf_counter() - began
    return result if isinstance(result, float) else took


def medians(calls: Mapping[str, Callable[[int], object]], n: int) -> dict[str, float]:
    """Run each call n times, in turn and in changing order; return their medians.

    A call gets the number of its turn, so that it can work in a place of its own.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(n):
        names = list(calls) if turn % 2 == 0 else list(reversed(calls))
        for name in names:
            times[name].append(seconds(lambda name=name, turn=turn: calls[name](turn)))
    return {name: statistics.median(values) for name, values in times.items()}


@contextmanager
def one_thread() -> Iterator[None]:
    """Let pyarrow use one thread."""
    import pyarrow as pa

    before = pa.cpu_count()
    pa.set_cpu_count(1)
    try:
        yield
    finally:
        pa.set_cpu_count(before)
