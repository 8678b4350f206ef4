"""Layers and what they become: every leaf keeps its value, its origin and the values it shadows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.errors import Where

KeyPath: TypeAlias = tuple[str, ...]

#: Marks a map that drops everything below it; canonical documents carry it as a key.
REPLACE = "$replace"
#: Where a map keeps the leaves that a null or `$replace` took away, so that `explain` shows them.
DROPPED = "$dropped"

#: The layers that phlo computes; nothing in them is a person's.
WIRING, AUTO = "wiring", "auto"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said a value: a layer, and the place in its file where there is one."""

    layer: str
    where: Where | None = None

    @property
    def is_computed(self) -> bool:
        """Tell whether phlo computed the value: wiring, a port it chose."""
        return self.layer.startswith((WIRING, AUTO))

    def __str__(self) -> str:
        return str(self.where) if self.where else self.layer


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that is not a map; `None` is a tombstone: the value was removed."""

    value: Any
    origin: Origin
    shadowed: tuple[Leaf, ...] = ()

    def over(self, *below: Leaf) -> Leaf:
        """Return this leaf, remembering what it lies on (nearest first)."""
        seen = tuple(leaf for b in below for leaf in (Leaf(b.value, b.origin), *b.shadowed))
        return Leaf(self.value, self.origin, (*self.shadowed, *seen))


@dataclass(frozen=True, slots=True)
class ListEdit:
    """A list given as `{$append: …}`, `{$prepend: …}`, `{$remove: …}`."""

    append: tuple[Any, ...] = ()
    prepend: tuple[Any, ...] = ()
    remove: tuple[Any, ...] = ()

    def apply(self, below: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the list below with the edit made."""
        kept = tuple(v for v in below if v not in self.remove)
        return (*self.prepend, *kept, *self.append)


Tree: TypeAlias = "dict[str, Tree | Leaf]"


@dataclass(frozen=True, slots=True)
class Layer:
    """One canonical document, ready to be laid over those below it."""

    name: str
    tree: Tree = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layered:
    """The layers as one."""

    tree: Tree

    def at(self, path: KeyPath) -> Tree | Leaf | None:
        """Return what is at a path, tombstones included."""
        node: Tree | Leaf | None = self.tree
        for key in path:
            if not isinstance(node, dict):
                return None
            node = node.get(key)
        return node

    def leaf(self, path: KeyPath) -> Leaf | None:
        """Return the leaf at a path, if there is one."""
        node = self.at(path)
        return node if isinstance(node, Leaf) else None

    def value(self, path: KeyPath, default: Any = None) -> Any:
        """Return the plain value at a path; a removed or missing one is the default."""
        node = self.at(path)
        if node is None:
            return default
        value = plain(node)
        return default if value is None else value

    def origin(self, path: KeyPath) -> Origin | None:
        """Return who said the value at a path, or the first leaf under it, or the map above it."""
        node = self.at(path)
        if isinstance(node, Leaf):
            return node.origin
        if isinstance(node, dict):
            first = next(leaves(node), None)
            return first[1].origin if first else None
        return self.origin(path[:-1]) if path else None

    def where(self, path: KeyPath) -> Where | None:
        """Return the place of the value at a path."""
        origin = self.origin(path)
        return origin.where if origin else None


def plain(node: Tree | Leaf) -> Any:
    """Return plain values, without what was removed."""
    if isinstance(node, Leaf):
        return list(node.value) if isinstance(node.value, tuple) else node.value
    return {
        key: plain(child)
        for key, child in node.items()
        if key not in (REPLACE, DROPPED) and not (isinstance(child, Leaf) and child.value is None)
    }


def leaves(tree: Tree, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Leaf]]:
    """Yield every leaf with its path, operators left out."""
    for key, child in tree.items():
        if key in (REPLACE, DROPPED):
            continue
        if isinstance(child, Leaf):
            yield (*path, key), child
        else:
            yield from leaves(child, (*path, key))
