"""The fields that do not simply follow "maps merge, lists replace, null removes"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.model.layers import REPLACE, Leaf, Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.model.layers import KeyPath

    #: Given the map below, the map above: what of the map below is dropped first, by key.
    Rule = Callable[[Tree, Tree], frozenset[str]]


def replaced(below: Tree, above: Tree) -> frozenset[str]:
    """`$replace: true` drops everything below."""
    return frozenset(below) if REPLACE in above else frozenset()


def keep_conditions(below: Tree, above: Tree) -> frozenset[str]:
    """A list of dependencies drops those it leaves out; the others keep their condition."""
    return frozenset(below) - frozenset(above) if REPLACE in above else frozenset()


def new_mounts(below: Tree, above: Tree) -> frozenset[str]:
    """A new source at a path is another mount: access and other marks of the old one go."""
    new = {path for path, mount in above.items() if isinstance(mount, dict) and "source" in mount}
    return replaced(below, above) | new


def driver_options(below: Tree, above: Tree) -> frozenset[str]:
    """Options belong to their log driver: another driver drops them."""
    old, new = below.get("driver"), above.get("driver")
    changed = isinstance(old, Leaf) and isinstance(new, Leaf) and old.value != new.value
    return replaced(below, above) | (frozenset({"options"}) if changed else frozenset())


#: First match wins; `*` is one key.
RULES: tuple[tuple[KeyPath, Rule], ...] = (
    (("services", "*", "depends_on"), keep_conditions),
    (("services", "*", "volumes"), new_mounts),
    (("services", "*", "logging"), driver_options),
)


def rule_for(path: KeyPath) -> Rule:
    """Return the rule for the map at a path."""
    for pattern, rule in RULES:
        if len(pattern) == len(path) and all(
            p in ("*", k) for p, k in zip(pattern, path, strict=True)
        ):
            return rule
    return replaced
