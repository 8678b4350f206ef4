"""The order in which services of both runtimes stop: those that need others first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def stop_waves(
    runtimes: Mapping[str, str], needs: Mapping[str, Collection[str]]
) -> list[tuple[str, ...]]:
    """Return services in waves: each needs nothing of those before it any more.

    A runtime orders its own, so a new wave begins only where an edge leads to the other one.

    Args:
        runtimes: Where each service that runs does so, by its name.
        needs: What each service starts after, as it was when they were started.
    """
    number: dict[str, int] = {}

    def depth(name: str, above: tuple[str, ...]) -> int:
        if name not in number:
            deepest = 0
            for need in needs.get(name, ()):
                if need in above:  # written by a phlo that allowed rings, or by hand
                    continue
                is_apart = _is_apart(runtimes.get(name), runtimes.get(need))
                deepest = max(deepest, depth(need, (*above, name)) + is_apart)
            number[name] = deepest
        return number[name]

    for name in runtimes:
        depth(name, ())
    found = {number[name] for name in runtimes}
    return [
        tuple(name for name in runtimes if number[name] == wave)
        for wave in sorted(found, reverse=True)
    ]


def _is_apart(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
