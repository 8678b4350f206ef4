"""Benchmarks by name: a function that returns measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """How large and how often."""

    folder: Path
    """An empty folder for this run's files."""
    rows: int = 1_000_000
    """Rows of the large table."""
    pairs: int = 5
    """How many interleaved pairs of ours and theirs are taken; medians are told."""
    install_peers: bool = False
    """Install peers that are no dependency, each in an environment of its own."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure beside a peer's; both in seconds, medians of the same run."""

    name: str
    ours: float
    peer: str
    theirs: float
    n: int
    goal: float | None = None
    """The ratio this was built for (docs: the design's goals)."""
    note: str = ""

    @property
    def ratio(self) -> float:
        """How much of the peer's time we take."""
        return self.ours / self.theirs

    def as_json(self) -> dict[str, object]:
        """Return the measurement as JSON values."""
        return {
            "name": self.name, "ours": self.ours, "peer": self.peer, "theirs": self.theirs,
            "ratio": self.ratio, "n": self.n, "goal": self.goal, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skipped:
    """A figure that could not be taken, and why."""

    name: str
    reason: str


Results: TypeAlias = Sequence[Measurement | Skipped]
Benchmark: TypeAlias = Callable[[Options], Results]


@dataclass(slots=True)
class Registry:
    """Every benchmark there is; importing a benchmark's module adds it."""

    benchmarks: dict[str, Benchmark] = field(default_factory=dict)

    def add(self, name: str) -> Callable[[Benchmark], Benchmark]:
        """Return a decorator that adds a function under a name."""

        def added(function: Benchmark) -> Benchmark:
            self.benchmarks[name] = function
            return function

        return added


REGISTRY = Registry()
benchmark = REGISTRY.add
