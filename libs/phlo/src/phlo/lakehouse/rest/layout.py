"""Updates of what a table is like: its schemas, partitions and sort orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rest import RequestNotUnderstood
from phlo.lakehouse.rest.schemas import FIRST_PARTITION_FIELD, highest_field_id, walk
from phlo.lakehouse.rest.values import need, objects, take

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.lakehouse.rest.updates import Draft

#: Where the metadata keeps them, how each is numbered, and which is the present one.
_KEPT = {
    "schema": ("schemas", "schema-id", "current-schema-id"),
    "spec": ("partition-specs", "spec-id", "default-spec-id"),
    "sort order": ("sort-orders", "order-id", "default-sort-order-id"),
}


def add_schema(draft: Draft, update: Mapping[str, Any]) -> None:
    """Add a schema, unless there is the same one."""
    schema = need(update, "schema", dict)
    if schema.get("type") != "struct":
        raise RequestNotUnderstood("A schema must be a struct")
    highest = highest_field_id(schema)
    _add(draft, "schema", schema, first=0)
    draft.set("last-column-id", max(draft.metadata["last-column-id"], highest))


def set_current_schema(draft: Draft, update: Mapping[str, Any]) -> None:
    """Let a schema be the present one."""
    _choose(draft, "schema", need(update, "schema-id", int))


def add_spec(draft: Draft, update: Mapping[str, Any]) -> None:
    """Add partitions, unless there are the same ones; fields without a number get one."""
    last = draft.metadata["last-partition-id"]
    known = {
        _without(field, "field-id"): field["field-id"]
        for spec in draft.metadata["partition-specs"]
        for field in spec["fields"]
        if "field-id" in field
    }
    fields = []
    for field in objects(need(update, "spec", dict), "fields"):
        number = take(field, "field-id", int)
        if number is None:
            number = known.get(
                _without(field, "field-id"), max(last, FIRST_PARTITION_FIELD - 1) + 1
            )
        last = max(last, number)
        fields.append({**field, "field-id": number})
    _add(draft, "spec", {"fields": fields}, first=0)
    draft.set("last-partition-id", last)


def set_default_spec(draft: Draft, update: Mapping[str, Any]) -> None:
    """Let new files be laid out by these partitions."""
    _choose(draft, "spec", need(update, "spec-id", int))


def add_order(draft: Draft, update: Mapping[str, Any]) -> None:
    """Add a sort order, unless there is the same one; no order has the number 0."""
    fields = objects(need(update, "sort-order", dict), "fields")
    _add(draft, "sort order", {"fields": fields}, first=1 if fields else 0)


def set_default_order(draft: Draft, update: Mapping[str, Any]) -> None:
    """Let new files be sorted by this order."""
    _choose(draft, "sort order", need(update, "sort-order-id", int))


def remove(draft: Draft, kind: str, ids: Iterable[int]) -> None:
    """Take schemas or partitions away.

    Raises:
        RequestNotUnderstood: One of them is the present one.
    """
    group, number, current = _KEPT[kind]
    gone = set(ids)
    if draft.metadata[current] in gone:
        raise RequestNotUnderstood(f"Cannot remove the current {kind}")
    draft.set(group, [one for one in draft.metadata[group] if one[number] not in gone])


def check(draft: Draft) -> None:
    """Make sure that partitions and order name fields that there are.

    Raises:
        RequestNotUnderstood: They do not.
    """
    metadata = draft.metadata
    schema = _present(draft, "schema")
    ids: dict[int, str] = {}
    for number, name in walk(schema):
        if number in ids:
            raise RequestNotUnderstood(f"'{ids[number]}' and '{name}' have the number {number}")
        ids[number] = name
    if len(set(ids.values())) != len(ids):
        raise RequestNotUnderstood("Two fields of the schema have one name")
    if not metadata["location"]:
        raise RequestNotUnderstood("A new table needs a location")
    for kind in ("spec", "sort order"):
        for field in _present(draft, kind)["fields"]:
            gone = str(field.get("transform")) == "void"
            sources = field.get("source-ids") or [field.get("source-id")]
            if not gone and any(source not in ids for source in sources):
                raise RequestNotUnderstood(f"The schema lacks a field of the {kind}: {sources}")


def _present(draft: Draft, kind: str) -> dict[str, Any]:
    group, number, current = _KEPT[kind]
    for one in draft.metadata[group]:
        if one[number] == draft.metadata[current]:
            found: dict[str, Any] = one
            return found
    raise RequestNotUnderstood(f"The table has no {kind} {draft.metadata[current]}")


def _add(draft: Draft, kind: str, given: Mapping[str, Any], *, first: int) -> None:
    group, number, _ = _KEPT[kind]
    ids = [one[number] for one in draft.metadata[group]]
    for one in draft.metadata[group]:
        if _alike(kind, one, given):
            draft.last[kind] = one[number]
            return
    made = 0 if kind == "sort order" and not first else max([first - 1, *ids]) + 1
    draft.set(group, [*draft.metadata[group], {**given, number: made}])
    draft.last[kind] = made


def _alike(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if kind != "schema":
        # Partitions are the same whatever the numbers of their fields.
        return [_without(f, "field-id") for f in one["fields"]] == [
            _without(f, "field-id") for f in other["fields"]
        ]
    keys = "identifier-field-ids"
    return bool(
        one.get("fields") == other.get("fields")
        and sorted(one.get(keys) or []) == sorted(other.get(keys) or [])
    )


def _without(field: Mapping[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, str(v)) for k, v in field.items() if k != key))


def _choose(draft: Draft, kind: str, wanted: int) -> None:
    group, number, current = _KEPT[kind]
    chosen = draft.resolved(kind, wanted)
    if all(one[number] != chosen for one in draft.metadata[group]):
        raise RequestNotUnderstood(f"Cannot set {kind} to unknown {kind} {chosen}")
    draft.set(current, chosen)
