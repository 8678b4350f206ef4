"""Step 3, merge: lay the layers over each other; nothing a layer said is forgotten.

Maps merge, all else replaces, a null removes (and stays in place as a tombstone, so that a later
layer may set the value again). Layers are canonical before they come here.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from phlo.compose.rules import rule_for
from phlo.model.layers import DROPPED, REPLACE, Layered, Leaf, ListEdit, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phlo.model.layers import KeyPath, Layer

#: The key under which a map keeps the single value that stood in its place.
_ITSELF = ""


def merge(layers: Iterable[Layer]) -> Layered:
    """Return the layers as one; each overrides those before it."""
    nothing: Tree = {}
    return Layered(reduce(lambda below, layer: _lay(below, layer.tree, ()), layers, nothing))


def _lay(below: Tree, above: Tree, path: KeyPath) -> Tree:
    """Return one map laid over another; neither is changed."""
    live = {key: node for key, node in below.items() if key != DROPPED}
    gone = {key for key in rule_for(path)(live, above) if not _is_computed(live.get(key))}
    merged = {key: node for key, node in live.items() if key not in gone}
    lost = _dropped(below) | {key: node for key, node in live.items() if key in gone}
    for key, node in above.items():
        if key == REPLACE and path[2:3] == ("compose",):
            merged[key] = node  # it replaces what phlo renders too, which is not there yet
        if key in (REPLACE, DROPPED):
            continue
        here = (*path, key)
        if isinstance(node, Leaf):
            merged[key] = _leaf_over(merged.get(key), lost.pop(key, None), node)
        else:
            merged[key] = _lay(_ground(merged.get(key), lost.pop(key, None)), node, here)
    lost |= _dropped(above)  # of a layer that is itself merged from others
    return {**merged, DROPPED: lost} if lost else merged


def _leaf_over(below: Tree | Leaf | None, lost: Tree | Leaf | None, leaf: Leaf) -> Leaf:
    """Return the leaf over what is there, or over what was there before it was dropped."""
    if isinstance(leaf.value, ListEdit):
        there = below.value if isinstance(below, Leaf) and isinstance(below.value, tuple) else ()
        leaf = Leaf(leaf.value.apply(there), leaf.origin, leaf.shadowed)
    return leaf.over(*_said(below), *_said(lost))


def _ground(below: Tree | Leaf | None, lost: Tree | Leaf | None) -> Tree:
    """Return the map that a map is laid on: the one there, or an empty one that remembers."""
    if isinstance(below, dict):
        return below
    before = lost if below is None else below
    if isinstance(before, dict):
        live = {key: node for key, node in before.items() if key != DROPPED}
        return {DROPPED: live | _dropped(before)}
    return {} if before is None else {DROPPED: {_ITSELF: before}}


def _is_computed(node: Tree | Leaf | None) -> bool:
    """Tell whether a value is wired: `$replace` drops only what people wrote."""
    return isinstance(node, Leaf) and node.origin.is_computed


def _dropped(tree: Tree) -> Tree:
    node = tree.get(DROPPED)
    return dict(node) if isinstance(node, dict) else {}


def _said(node: Tree | Leaf | None) -> Iterator[Leaf]:
    """Yield every leaf of a node, what it dropped included."""
    if isinstance(node, Leaf):
        yield node
    elif node is not None:
        for child in node.values():
            yield from _said(child)
