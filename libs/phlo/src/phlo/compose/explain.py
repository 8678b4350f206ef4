"""Why a value is what it is: who said it, where, and what it overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.compose.layers import is_secret, shown
from phlo.errors.config import UnknownPath
from phlo.model.layers import Leaf, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.errors import Where
    from phlo.model.layers import KeyPath
    from phlo.model.stack import Stack


@dataclass(frozen=True, slots=True)
class Said:
    """A value and who said it."""

    value: Any
    layer: str
    """`package`, `wiring: …`, `phlo.yaml`, `environment: NAME`, `command line`, `auto`."""
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One value of the configuration."""

    path: str
    said: Said
    overrides: tuple[Said, ...] = ()
    """Nearest first."""
    note: str | None = None


def explain(stack: Stack, path: str) -> tuple[Explained, ...]:
    """Return the value at a path, or all values under it.

    Args:
        stack: The stack.
        path: `services.trino.port`; `services.` may be left out.

    Raises:
        UnknownPath: There is no such value (PHLO-C117).
    """
    keys = _keys(stack, path)
    node = stack.layered.at(keys)
    if isinstance(node, Leaf):
        return (_explained(stack, keys, node),)
    found = tuple(_explained(stack, (*keys, *rest), leaf) for rest, leaf in leaves(node or {}))
    if not found:
        raise UnknownPath(path, (shown(known) for known, _ in leaves(stack.layered.tree)))
    return found


def _keys(stack: Stack, path: str) -> KeyPath:
    """Return the keys of a path; a name of a variable or a label may hold dots."""
    keys = tuple(path.split("."))
    if keys[0] in stack.services or keys[0] in stack.skipped:
        keys = ("services", *keys)
    if keys[2:] == ("port",) and keys[1] in stack.services:
        primary = stack.services[keys[1]].primary
        keys = (*keys[:2], "ports", primary.name, "host") if primary else keys
    known = {".".join(known): known for known, _ in leaves(stack.layered.tree)}
    return known.get(".".join(keys), keys)


def _explained(stack: Stack, path: KeyPath, leaf: Leaf) -> Explained:
    hidden = is_secret(path, stack.definitions)

    def said(one: Leaf) -> Said:
        value = "***" if hidden and one.value is not None else _listed(one.value)
        return Said(value, one.origin.layer, one.origin.where)

    now = said(leaf)
    if not hidden and path[2:3] == ("environment",) and path[1] in stack.services:
        filled = stack.services[path[1]].environment.get(path[-1])
        now = Said(filled.value, now.layer, now.where) if filled else now
    return Explained(shown(path), now, tuple(said(one) for one in leaf.shadowed), _note(path, leaf))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _note(path: KeyPath, leaf: Leaf) -> str | None:
    """Return what is easily taken for something else."""
    if path[2:3] == ("environment",) and path[-1].endswith("_PORT") and leaf.origin.is_computed:
        return "where the provider answers; the same name in .env is the port it is published at"
    return None


def overridden_wiring(stack: Stack) -> Iterator[Explained]:
    """Yield the variables in which a person's value hides a wired one."""
    for service in stack.services.values():
        for name in service.environment:
            path = ("services", service.name, "environment", name)
            leaf = stack.layered.leaf(path)
            if leaf and any(below.origin.is_computed for below in leaf.shadowed):
                yield _explained(stack, path, leaf)
