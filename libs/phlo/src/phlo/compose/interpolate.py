"""Step 3b, interpolate: `${VARIABLE}` in values, after merging; keys are never touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose.fields import PROJECT_FIELDS, SERVICE_FIELDS, TABLES, Field, Kind
from phlo.compose.scalars import scalar
from phlo.compose.source import Source, dotted
from phlo.errors import PhloError, Where
from phlo.errors.values import BadInterpolation, UnsetVariable
from phlo.model.layers import DROPPED, REPLACE, Layered, Leaf, Tree
from phlo.model.yaml_text import YamlDocument, plain_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phlo.model.layers import KeyPath
    from phlo.model.options import Variable

_FORM = re.compile(
    r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<operator>:-|-|:\?)(?P<rest>[^{}$]*))?\})?"
)
#: References to secrets: the runtime alone puts their values in.
SECRET_PREFIX = "PHLO_SECRET_"

#: Maps of names that a person chooses, whose values have the table's keys.
_NAMED = frozenset({Kind.PORTS, Kind.VOLUMES, Kind.DEPENDS, Kind.PROCESSES, Kind.FILES, Kind.WATCH})
_TYPED = frozenset({Kind.BOOL, Kind.INT, Kind.PORT, Kind.DURATION, Kind.SIZE, Kind.MODE, Kind.NAME})


def expand(text: str, variables: Mapping[str, Variable], where: Where, path: str) -> str:
    """Return a text with its variables put in.

    Raises:
        UnsetVariable: One has neither value nor default (PHLO-C110).
        BadInterpolation: A `$` follows none of the known forms (PHLO-C111).
    """

    def value(match: re.Match[str]) -> str:
        name, rest = match["name"], match["rest"]
        if match[0] == "$$":
            return "$"
        if name is None:
            after = text[match.start() : match.start() + 20]
            raise BadInterpolation(after, where=where, path=path)
        if name.startswith(SECRET_PREFIX):
            return match[0]
        known = variables.get(name)
        if known is not None and (known.value or match["operator"] not in (":-", ":?")):
            return known.value
        if match["operator"] in (":-", "-"):
            return str(rest)
        raise UnsetVariable(name, where=where, path=path, message=rest or None)

    return _FORM.sub(value, text)


def interpolate(
    layered: Layered, variables: Mapping[str, Variable], errors: list[PhloError]
) -> Layered:
    """Return the layers with all variables put in; what is wrong is added to `errors`."""

    def visit(tree: Tree, path: KeyPath) -> Tree:
        done: Tree = {}
        for key, node in tree.items():
            here = (*path, key)
            if key in (REPLACE, DROPPED):
                done[key] = node
            elif isinstance(node, Leaf):
                done[key] = _leaf(node, variables, here, errors)
            else:
                done[key] = visit(node, here)
        return done

    return Layered(visit(layered.tree, ()))


def _leaf(
    leaf: Leaf, variables: Mapping[str, Variable], path: KeyPath, errors: list[PhloError]
) -> Leaf:
    if leaf.origin.is_computed:
        return leaf
    where = leaf.origin.where or Where(leaf.origin.layer)
    try:
        value = _each(leaf.value, lambda text: expand(text, variables, where, dotted(path)))
    except PhloError as error:
        errors.append(error)
        return leaf if not _is_typed(path) else Leaf(None, leaf.origin, leaf.shadowed)
    if value == leaf.value:
        return leaf
    return _retyped(Leaf(value, leaf.origin, leaf.shadowed), path, where, errors)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with every text in it changed, keys left alone."""
    if isinstance(value, str):
        return change(value) if "$" in value else value
    if isinstance(value, tuple | list):
        return type(value)(_each(v, change) for v in value)
    if isinstance(value, dict):
        return {key: _each(v, change) for key, v in value.items()}
    if isinstance(value, Leaf):
        return Leaf(_each(value.value, change), value.origin, value.shadowed)
    return value


def _retyped(leaf: Leaf, path: KeyPath, where: Where, errors: list[PhloError]) -> Leaf:
    """Return the leaf with the type its key has, now that its text is known."""
    known = field_at(path)
    if known is None or not _is_typed(path):
        return leaf
    value = plain_scalar(leaf.value)
    source = Source(YamlDocument(where.file, value, texts={path: leaf.value}), leaf.origin.layer)
    typed = scalar(source, known, value, path)
    errors += [error.at(where) for error in source.errors]
    return Leaf(typed.value if typed else None, leaf.origin, leaf.shadowed)


def _is_typed(path: KeyPath) -> bool:
    known = field_at(path)
    return known is not None and known.kind in _TYPED


def field_at(path: KeyPath) -> Field | None:
    """Return the field of the table that a path of the merged tree belongs to, if any."""
    if path[0] == "services":
        known, rest = SERVICE_FIELDS.get(path[2]) if len(path) > 2 else None, path[3:]
    else:
        known, rest = PROJECT_FIELDS.get(path[0]), path[1:]
    while rest and known is not None and known.inner:
        if known.kind in _NAMED:
            rest = rest[1:]
        known = TABLES[known.inner].get(rest[0]) if rest else None
        rest = rest[1:]
    return None if rest else known
