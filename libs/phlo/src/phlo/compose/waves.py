"""In which waves services start: a runtime orders its own, but knows nothing of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.model.stack import Edge, Stack


def waves(stack: Stack, names: Iterable[str] | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the services that are started, in waves: each waits for what it needs of those before.

    A new wave begins where an edge leads to the other runtime, and where a provider makes something
    of its own for a consumer: that is done between the two.

    Args:
        stack: The stack.
        names: Services, with what they need; None for all.
    """
    chosen = with_needs(stack, names)
    number: dict[str, int] = {}
    for name in chosen:
        edges = [edge for edge in stack.services[name].edges if edge.needs in number]
        number[name] = max(
            (number[edge.needs] + _is_wave_apart(stack, edge) for edge in edges), default=0
        )
    last = max(number.values(), default=-1)
    return tuple(tuple(name for name in chosen if number[name] == wave) for wave in range(last + 1))


def with_needs(stack: Stack, names: Iterable[str] | None) -> tuple[str, ...]:
    """Return services that are started with all they need and their jobs, in start order."""
    able = {n: one for n, one in stack.services.items() if one.runtime in ("native", "docker")}
    if names is None:
        return tuple(able)
    wanted = set(names)
    nearest = sorted(wanted)
    while nearest:
        needed = {n for name in nearest if name in able for n in able[name].depends_on}
        needed |= {n for n, one in able.items() if one.parent and one.parent.name in nearest}
        nearest = sorted(needed - wanted)
        wanted |= needed
    return tuple(name for name in able if name in wanted)


def with_jobs(stack: Stack, names: Iterable[str]) -> tuple[str, ...]:
    """Return services with the jobs that belong to them, in start order."""
    wanted = set(names)
    return tuple(
        name
        for name, one in stack.services.items()
        if name in wanted or (one.parent and one.parent.name in wanted)
    )


def _is_wave_apart(stack: Stack, edge: Edge) -> bool:
    one, other = stack.services[edge.service], stack.services[edge.needs]
    made = any(b.provider == edge.needs and b.is_provisioned for b in one.bindings)
    return one.runtime != other.runtime or made
