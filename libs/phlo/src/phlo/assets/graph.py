"""The graph of assets: who reads whom, in which order they run, and what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Graph:
    """Names and what each needs; the same graph always gives the same order."""

    def __init__(self, needs: Mapping[str, Iterable[str]]) -> None:
        self.needs = {
            name: tuple(sorted(n for n in needs[name] if n in needs)) for name in sorted(needs)
        }
        self.feeds: dict[str, list[str]] = {name: [] for name in self.needs}
        for name, above in self.needs.items():
            for one in above:
                self.feeds[one].append(name)

    def upstream(self, name: str, levels: int | None = None) -> set[str]:
        """Return what a name needs, directly and, up to so many levels, indirectly."""
        return _reach(self.needs, name, levels)

    def downstream(self, name: str, levels: int | None = None) -> set[str]:
        """Return what needs a name, directly and, up to so many levels, indirectly."""
        return _reach(self.feeds, name, levels)

    def order(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return names so that each comes after what it needs; those of rings come last."""
        chosen = set(self.needs if names is None else names)
        waiting = {
            name: {n for n in self.upstream(name) if n in chosen and n != name} for name in chosen
        }
        ordered: list[str] = []
        while ready := sorted(name for name, above in waiting.items() if above <= set(ordered)):
            ordered += ready
            for name in ready:
                del waiting[name]
        return (*ordered, *sorted(waiting))

    def rings(self) -> tuple[tuple[str, ...], ...]:
        """Return each ring once, beginning with its first name; the next is what a name needs."""
        found: dict[frozenset[str], tuple[str, ...]] = {}
        for name in self.needs:
            if any(name in ring for ring in found) or name not in self.upstream(name):
                continue
            ring = self._way_back(name)
            found.setdefault(frozenset(ring), ring)
        return tuple(found.values())

    def _way_back(self, name: str) -> tuple[str, ...]:
        """Return the shortest ring through a name."""
        ways: list[tuple[str, ...]] = [(name,)]
        seen: set[str] = set()
        for way in ways:
            for above in self.needs[way[-1]]:
                if above == name:
                    return way
                if above not in seen:
                    seen.add(above)
                    ways.append((*way, above))
        return (name,)


def _reach(edges: Mapping[str, Sequence[str]], name: str, levels: int | None) -> set[str]:
    found: set[str] = set()
    border = {name}
    while border and levels != 0:
        border = {n for one in border for n in edges.get(one, ())} - found
        found |= border
        levels = None if levels is None else levels - 1
    return found
