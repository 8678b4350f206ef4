"""Step 4c, plan ports: pinned ones stay, floating ones move out of the way and stay there."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from phlo.errors.state import PortClaimedTwice, PortInUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.errors import PhloError, Where

LAST = 65535


@dataclass(frozen=True, slots=True)
class Wish:
    """A port that a service wants on this machine."""

    key: str
    """`service.port`."""
    wanted: int
    pinned: bool = False
    where: Where | None = None
    """Who says the number."""


@dataclass(slots=True)
class Plan:
    """Which host port each wish got."""

    ports: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[PhloError] = field(default_factory=list)


def plan_ports(
    wishes: Sequence[Wish],
    *,
    project: str,
    taken: Callable[[int], str | None],
    before: Mapping[str, int],
    strict: bool = False,
) -> Plan:
    """Return a host port for each wish.

    Args:
        wishes: In start order; of two that float, the first keeps its number.
        project: Seeds where ports move to, so that two projects seldom meet.
        taken: Who holds a port of this machine.
        before: The ports of the last time, by key; kept while they are free.
        strict: Never move a port.
    """
    plan, holders, taken = Plan(), dict[int, Wish](), cache(taken)
    for wish in wishes:
        if wish.pinned or strict:
            _pin(wish, plan, holders, taken)
    base = zlib.crc32(project.encode()) % 1000
    for wish in wishes:
        if wish.key not in plan.ports:
            _float(wish, plan, holders, taken, before.get(wish.key), base)
    return plan


def _pin(
    wish: Wish, plan: Plan, holders: dict[int, Wish], taken: Callable[[int], str | None]
) -> None:
    port = plan.ports[wish.key] = wish.wanted
    other = holders.setdefault(port, wish)
    if other is not wish:
        # The caret goes to what a person wrote: a package's default is the other side.
        first, second = (wish, other) if wish.pinned else (other, wish)
        free = _free(port + 1, holders, taken)
        plan.errors.append(
            PortClaimedTwice(port, first.key, second.key, where=first.where, other=second.where,
                             free=free)
        )  # fmt: skip
    elif holder := taken(port):
        free = _free(port + 1, holders, taken)
        plan.errors.append(
            PortInUse(port, needed_by=wish.key, holder=holder, free=free, where=wish.where)
        )


def _float(
    wish: Wish,
    plan: Plan,
    holders: dict[int, Wish],
    taken: Callable[[int], str | None],
    before: int | None,
    base: int,
) -> None:
    for port in (before, wish.wanted):
        if port is not None and port not in holders and not taken(port):
            break
    else:
        port = _free(wish.wanted + 10000 + base, holders, taken)
        held = holders.get(wish.wanted)
        holder = f"'{held.key}'" if held else taken(wish.wanted)
        plan.notes.append(
            f"'{wish.key}' is at port {port}: {wish.wanted}, its default, is taken by {holder}"
        )
    plan.ports[wish.key] = port
    holders[port] = wish


def _free(start: int, holders: Mapping[int, Wish], taken: Callable[[int], str | None]) -> int:
    """Return the first free port from a number on, beginning again at 1024 after the last."""
    span = LAST - 1024 + 1
    for step in range(span):
        port = 1024 + (start - 1024 + step) % span
        if port not in holders and not taken(port):
            return port
    return start  # every port is taken: binding it will say so
