"""Schemas, partitions and sort orders of a request, as the metadata of a table has them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from phlo.errors.rest import RequestNotUnderstood
from phlo.lakehouse.rest.values import need, objects, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: The number of the first partition field, by the format.
FIRST_PARTITION_FIELD = 1000
_DEEPEST = 100


def highest_field_id(schema: Mapping[str, Any]) -> int:
    """Return the highest number of a schema's fields, nested ones included."""
    return max((field for field, _ in walk(schema)), default=0)


def walk(schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the number and the full name of every field.

    Raises:
        RequestNotUnderstood: It is no schema.
    """
    if depth > _DEEPEST:
        raise RequestNotUnderstood(f"The schema is nested deeper than {_DEEPEST} levels")
    kind = schema.get("type")
    if kind == "struct":
        for field in objects(schema, "fields"):
            name = prefix + need(field, "name", str)
            yield need(field, "id", int), name
            yield from _walk_type(field, "type", name, depth)
    elif kind == "list":
        yield need(schema, "element-id", int), f"{prefix}element"
        yield from _walk_type(schema, "element", f"{prefix}element", depth)
    elif kind == "map":
        for part in ("key", "value"):
            yield need(schema, f"{part}-id", int), prefix + part
            yield from _walk_type(schema, part, prefix + part, depth)
    else:
        raise RequestNotUnderstood(f"{kind!r} is no nested type")


def _walk_type(
    holder: Mapping[str, Any], key: str, name: str, depth: int
) -> Iterator[tuple[int, str]]:
    kind = holder.get(key)
    if isinstance(kind, dict):
        yield from walk(kind, f"{name}.", depth + 1)
    elif not isinstance(kind, str):
        raise RequestNotUnderstood(f"The type of '{name}' is missing")


def with_fresh_ids(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[int, int]]:
    """Return a schema whose fields are numbered from 1, and the new number of each old one.

    The fields of a struct are numbered before what is in them: the order in which Iceberg's own
    catalogs do it, so that all give the same numbers.
    """
    list(walk(schema))  # is it one?
    renumbered: dict[int, int] = {}
    following = count(1)

    def fresh(old: int) -> int:
        if old in renumbered:
            raise RequestNotUnderstood(f"The number {old} is that of two fields")
        renumbered[old] = next(following)
        return renumbered[old]

    made = {**_renumbered(schema, fresh), "schema-id": 0}
    keys = take(schema, "identifier-field-ids", list)
    if keys:
        made["identifier-field-ids"] = [_source(renumbered, key) for key in keys]
    return made, renumbered


def _renumbered(kind: Any, fresh: Callable[[int], int]) -> Any:
    if not isinstance(kind, dict):
        return kind
    made = dict(kind)
    if kind["type"] == "struct":
        fields = [{**field, "id": fresh(field["id"])} for field in objects(kind, "fields")]
        made["fields"] = [{**f, "type": _renumbered(f["type"], fresh)} for f in fields]
        return made
    parts = ("element",) if kind["type"] == "list" else ("key", "value")
    for part in parts:
        made[f"{part}-id"] = fresh(kind[f"{part}-id"])
    for part in parts:
        made[part] = _renumbered(kind[part], fresh)
    return made


def fresh_spec(spec: Mapping[str, Any] | None, renumbered: Mapping[int, int]) -> dict[str, Any]:
    """Return the partitions of a new table, its fields numbered anew."""
    fields = [
        {**field, "source-id": _source(renumbered, need(field, "source-id", int)),
         "field-id": FIRST_PARTITION_FIELD + number}
        for number, field in enumerate(objects(spec or {}, "fields"))
    ]  # fmt: skip
    return {"spec-id": 0, "fields": fields}


def fresh_order(order: Mapping[str, Any] | None, renumbered: Mapping[int, int]) -> dict[str, Any]:
    """Return the order of a new table, its fields numbered anew."""
    fields = [
        {**field, "source-id": _source(renumbered, need(field, "source-id", int))}
        for field in objects(order or {}, "fields")
    ]
    return {"order-id": 1 if fields else 0, "fields": fields}


def _source(renumbered: Mapping[int, int], old: Any) -> int:
    if not isinstance(old, int) or old not in renumbered:
        raise RequestNotUnderstood(f"The schema has no field {old}")
    return renumbered[old]
