"""A document on its way to the canonical form: where its values are, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.compose.fields import PROJECT_FIELDS, SERVICE_FIELDS, Field
from phlo.errors.values import BadOperator, BadValue, UnknownKey, WrongType
from phlo.model.layers import REPLACE, Leaf, Origin, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.errors import PhloError
    from phlo.model.layers import KeyPath
    from phlo.model.yaml_text import YamlDocument


@dataclass(slots=True)
class Source:
    """A document being made canonical; faults are kept, so that all are told at once."""

    document: YamlDocument
    layer: str
    errors: list[PhloError] = field(default_factory=list)

    def leaf(self, value: Any, path: KeyPath) -> Leaf:
        """Return a leaf whose origin is the value at a path of the document."""
        return Leaf(value, Origin(self.layer, self.document.value_at(path)))

    def text(self, path: KeyPath, value: Any) -> str:
        """Return a scalar as it was written (`1.10` stays `1.10`)."""
        return self.document.texts.get(path, str(value))

    def wrong(self, path: KeyPath, wanted: str, value: Any) -> None:
        """Note a value of the wrong shape."""
        where = self.document.value_at(path)
        self.errors.append(WrongType(dotted(path), wanted=wanted, got=shape(value), where=where))

    def bad(self, path: KeyPath, value: Any, wanted: str, known: tuple[str, ...] = ()) -> None:
        """Note a value outside of what its key allows."""
        where = self.document.value_at(path)
        self.errors.append(BadValue(dotted(path), value, wanted=wanted, where=where, known=known))

    def operator(self, operator: str, problem: str, path: KeyPath) -> None:
        """Note an operator in a place that does not take it."""
        where = self.document.key_at(path)
        self.errors.append(BadOperator(operator, problem=problem, where=where, path=dotted(path)))

    def replace(self, tree: Tree, value: Any, path: KeyPath) -> None:
        """Put `$replace: true` into a tree."""
        if value is True:
            tree[REPLACE] = self.leaf(True, path)
        else:
            self.operator(REPLACE, "takes true", path)

    def unknown(
        self, path: KeyPath, known: Mapping[str, Field], scope: str, elsewhere: str | None = None
    ) -> None:
        """Note a key that is not in the table, saying where it belongs if it is known elsewhere."""
        where, elsewhere = self.document.key_at(path), elsewhere or _elsewhere(path, known)
        self.errors.append(
            UnknownKey(path[-1], scope=scope, known=known, where=where, path=dotted(path),
                       elsewhere=elsewhere)
        )  # fmt: skip


def _elsewhere(path: KeyPath, known: Mapping[str, Field]) -> str | None:
    """Return where a misplaced key belongs: a service key too deep, a project key in a service."""
    key, depth = path[-1], len(path)
    if path[0] == "services" and depth > 3 and key in SERVICE_FIELDS:
        return f"'{key}' is a service key: move it up, beside '{path[2]}'"
    if depth > 1 and key in PROJECT_FIELDS and known is not PROJECT_FIELDS:
        return f"'{key}' is a key of the whole project: move it to the left margin"
    if depth == 1 and key in SERVICE_FIELDS:
        return f"'{key}' is a service key: write it under services: SERVICE:"
    return None


def dotted(path: KeyPath) -> str:
    """Return a path as people write it."""
    return ".".join(path)


def shape(value: Any) -> str:
    """Return what a value is, in words for a person."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the switch {str(value).lower()}"
    if isinstance(value, str):
        return f'the text "{value[:40]}"'
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    return "a list" if isinstance(value, list) else "a map"
