"""What a start would change: the stack as it was last started, and as it would be now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from phlo.compose.layers import is_secret
from phlo.model.layers import Leaf, leaves, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.model.stack import ResolvedService, Stack

    Summary = Mapping[str, Mapping[str, str]]
    """Service -> key -> value as text; secrets are references."""

#: What a person reads, and no program.
_WORDS = frozenset({"description", "category"})


class Action(StrEnum):
    """What happens to a service."""

    START = "start"
    RESTART = "restart"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One value that differs; None: not there."""

    key: str
    before: str | None
    after: str | None
    loses_data: bool = False
    """Data of before is not seen any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a start would do to one service, and why."""

    service: str
    action: Action
    keys: tuple[KeyChange, ...] = ()

    @property
    def is_destructive(self) -> bool:
        """Whether data that is seen now would not be seen after."""
        return any(key.loses_data for key in self.keys)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "service": self.service,
            "action": str(self.action),
            "destructive": self.is_destructive,
            "keys": [
                {"key": k.key, "before": k.before, "after": k.after, "loses_data": k.loses_data}
                for k in self.keys
            ],
        }


def summary(stack: Stack) -> dict[str, dict[str, str]]:
    """Return what decides how each service that is started runs."""
    return {
        service.name: dict(sorted(_values(stack, service)))
        for service in stack.services.values()
        if service.runtime in ("native", "docker")
    }


def changes(before: Summary, after: Summary) -> tuple[Change, ...]:
    """Return what differs, in the order in which a start would do it.

    Args:
        before: What was last started and still is; empty if nothing is.
        after: What would be started now.
    """
    found = []
    for service in [*after, *(name for name in before if name not in after)]:
        old, new = before.get(service, {}), after.get(service, {})
        keys = tuple(
            KeyChange(key, old.get(key), new.get(key), _loses(key, old, new))
            for key in sorted({*old, *new})
            if old.get(key) != new.get(key)
        )
        if service not in before:
            found.append(Change(service, Action.START))
        elif service not in after:
            found.append(Change(service, Action.STOP))
        elif keys:
            found.append(Change(service, Action.RESTART, keys))
    return tuple(found)


def _loses(key: str, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether a changed key is a place of data that was there before."""
    return key.startswith("volumes.") and key.endswith(".source") and old.get(key) is not None


def _values(stack: Stack, service: ResolvedService) -> Iterator[tuple[str, str]]:
    yield "runtime", service.runtime
    if service.definition.package.version:
        yield "package", str(service.definition.package)
    node = stack.layered.at(("services", service.name))
    for path, leaf in leaves(node) if isinstance(node, dict) else ():
        told_below = path[0] in ("environment", "ports", "runtime")
        hidden = is_secret(("services", service.name, *path), stack.definitions)
        if not (told_below or hidden or path[0] in _WORDS or leaf.value is None):
            yield ".".join(path), _text(leaf)
    for name, leaf in service.environment.items():
        yield f"environment.{name}", _text(leaf)
    for port in service.ports.values():
        if port.host is not None:
            yield f"ports.{port.name}", f"{port.bind}:{port.host}"


def _text(leaf: Leaf) -> str:
    value = plain(leaf)
    return value if isinstance(value, str) else repr(value)
