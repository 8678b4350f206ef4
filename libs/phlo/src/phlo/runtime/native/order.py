"""The order in which processes stop: those that need others first."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.runtime.native.definitions import Definition


def stop_layers(names: Iterable[str], told: Mapping[str, Definition]) -> list[list[str]]:
    """Return the names in layers; each layer needs nothing of the layers before it any more."""
    chosen = set(names)
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {name: chosen.intersection(told.get(name, {}).get("needs", ())) for name in sorted(chosen)}
    )
    sorter.prepare()
    layers = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        layers.append(ready)
        sorter.done(*ready)
    return layers[::-1]


def with_needs(names: Iterable[str], told: Mapping[str, Definition]) -> list[str]:
    """Return the names and all that they need, nearest to the ground first."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found or name not in told:
            return
        for need in told[name]["needs"]:
            add(need)
        found[name] = None

    for name in names:
        add(name)
    return list(found)
