"""The updates of a commit: each takes a table's metadata and gives it changed.

Numbers that a client leaves open are -1, "the one that this commit added last".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rest import CommitRefused, NotOffered, RequestNotUnderstood
from phlo.lakehouse.rest import layout, snapshots
from phlo.lakehouse.rest.table_metadata import FORMATS, now, of_version
from phlo.lakehouse.rest.values import need, numbers, properties, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from phlo.lakehouse.rest.table_metadata import Metadata


class Draft:
    """A table's metadata while the updates of one commit are made."""

    def __init__(self, metadata: Metadata, *, is_new: bool) -> None:
        self.metadata: Metadata = dict(metadata)
        self.is_new = is_new
        self.is_changed = is_new
        self.last: dict[str, int] = {}
        """The schema, partitions and order that were added last."""
        self.added: set[int] = set()
        """The snapshots that were added."""
        self.updated_at: int | None = None

    def set(self, key: str, value: Any) -> None:
        """Change one value; nothing is done when it has that value already."""
        if self.metadata.get(key) != value:
            self.metadata[key] = value
            self.is_changed = True

    def resolved(self, kind: str, number: int) -> int:
        """Return a number, or for -1 that of what was added last."""
        if number != -1:
            return number
        if kind not in self.last:
            raise RequestNotUnderstood(f"Cannot set last added {kind}: none has been added")
        return self.last[kind]


def apply(metadata: Metadata, updates: Iterable[Mapping[str, Any]], *, is_new: bool) -> Metadata:
    """Return metadata with the updates made; the very same object when they change nothing.

    Raises:
        RequestNotUnderstood: An update is not known or cannot be made.
        CommitRefused: An update was made for another state of the table.
    """
    draft = Draft(metadata, is_new=is_new)
    for update in updates:
        action = need(update, "action", str)
        if action not in _ACTIONS:
            raise NotOffered(f"the update '{action}'")
        _ACTIONS[action](draft, update)
    if not draft.is_changed:
        return metadata
    snapshots.tidy(draft, metadata)
    layout.check(draft)
    # Time does not go back, even if the clock does.
    draft.metadata["last-updated-ms"] = draft.updated_at or max(
        now(), 0 if is_new else metadata["last-updated-ms"]
    )
    return draft.metadata


def _assign_uuid(draft: Draft, update: Mapping[str, Any]) -> None:
    value = need(update, "uuid", str).lower()
    if not draft.is_new and value != str(draft.metadata["table-uuid"]).lower():
        raise CommitRefused(f"Cannot reassign uuid: {draft.metadata['table-uuid']} -> {value}")
    draft.set("table-uuid", value)


def _upgrade(draft: Draft, update: Mapping[str, Any]) -> None:
    version, found = need(update, "format-version", int), draft.metadata["format-version"]
    if version not in FORMATS:
        raise NotOffered(f"format version {version}")
    # A new table begins at the format that most clients know, which the commit may lower, too.
    if version < found and not draft.is_new:
        raise RequestNotUnderstood(f"Cannot downgrade v{found} table to v{version}")
    if version != found:
        if version < 2:
            draft.metadata.pop("last-sequence-number", None)
        draft.metadata = of_version(draft.metadata, version)
        draft.is_changed = True


def _set_location(draft: Draft, update: Mapping[str, Any]) -> None:
    draft.set("location", need(update, "location", str).rstrip("/"))


def _set_properties(draft: Draft, update: Mapping[str, Any]) -> None:
    said = properties(update, "updates")
    if "format-version" in said:
        _upgrade(draft, {"format-version": _version(said.pop("format-version"))})
    draft.set("properties", {**draft.metadata["properties"], **said})


def _version(text: str) -> int:
    if text not in [str(version) for version in FORMATS]:
        raise NotOffered(f"format version {text[:20]}")
    return int(text)


def _remove_properties(draft: Draft, update: Mapping[str, Any]) -> None:
    gone = set(texts(update, "removals"))
    draft.set(
        "properties", {k: v for k, v in draft.metadata["properties"].items() if k not in gone}
    )


def _remove_schemas(draft: Draft, update: Mapping[str, Any]) -> None:
    layout.remove(draft, "schema", numbers(update, "schema-ids"))


def _remove_specs(draft: Draft, update: Mapping[str, Any]) -> None:
    layout.remove(draft, "spec", numbers(update, "spec-ids"))


_ACTIONS: dict[str, Callable[[Draft, Mapping[str, Any]], None]] = {
    "assign-uuid": _assign_uuid,
    "upgrade-format-version": _upgrade,
    "set-location": _set_location,
    "set-properties": _set_properties,
    "remove-properties": _remove_properties,
    "add-schema": layout.add_schema,
    "set-current-schema": layout.set_current_schema,
    "remove-schemas": _remove_schemas,
    "add-spec": layout.add_spec,
    "set-default-spec": layout.set_default_spec,
    "remove-partition-specs": _remove_specs,
    "add-sort-order": layout.add_order,
    "set-default-sort-order": layout.set_default_order,
    "add-snapshot": snapshots.add,
    "remove-snapshots": snapshots.remove,
    "set-snapshot-ref": snapshots.set_ref,
    "remove-snapshot-ref": snapshots.remove_ref,
    "set-statistics": snapshots.set_statistics,
    "remove-statistics": snapshots.remove_statistics,
    "set-partition-statistics": snapshots.set_partition_statistics,
    "remove-partition-statistics": snapshots.remove_partition_statistics,
}
