"""Step 4e, order: each service after what it needs; a ring of them is told edge by edge."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from phlo.errors import Related
from phlo.errors.wiring import DependencyCycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.model.stack import Edge


def start_order(
    names: Iterable[str], edges: Sequence[Edge]
) -> tuple[tuple[str, ...], tuple[Edge, ...]]:
    """Return the names, each after all it needs, and the edges that are kept.

    Optional edges that would close a ring are dropped; the same ring gives the same message.

    Raises:
        DependencyCycle: Required edges form a ring (PHLO-W207).
    """
    names = sorted(names)
    kept = sorted(edges, key=lambda e: (e.service, e.needs))
    while True:
        graph: dict[str, list[str]] = {name: [] for name in names}
        for edge in kept:
            graph[edge.service].append(edge.needs)
        try:
            return tuple(graphlib.TopologicalSorter(graph).static_order()), tuple(kept)
        except graphlib.CycleError as error:
            ring = _turned(list(reversed(error.args[1]))[:-1])
            inside = _between(ring, kept)
            optional = next((e for e in inside if not e.required), None)
            if optional is None:
                raise _cycle(ring, inside) from None
            kept = [e for e in kept if e is not optional]


def _turned(ring: list[str]) -> list[str]:
    """Return a ring that begins with its first name in the alphabet."""
    start = ring.index(min(ring))
    return ring[start:] + ring[:start]


def _between(ring: list[str], edges: Iterable[Edge]) -> list[Edge]:
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    inside = [e for e in edges if (e.service, e.needs) in pairs]
    # A required edge beside an optional one holds the ring together all the same.
    firm = {(e.service, e.needs) for e in inside if e.required}
    return [
        e for pair in pairs for e in inside
        if (e.service, e.needs) == pair and (e.required or pair not in firm)
    ]  # fmt: skip


def _cycle(ring: list[str], edges: Iterable[Edge]) -> DependencyCycle:
    related = [Related(f"{e.service} -> {e.needs} ({e.why})", e.where) for e in edges]
    return DependencyCycle([*ring, ring[0]], related)
