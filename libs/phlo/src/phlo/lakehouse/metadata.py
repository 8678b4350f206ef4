"""What a table's metadata.json says, as plain values; this needs no pyiceberg."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from phlo.lakehouse.tables import Column, PartitionField, SnapshotInfo, TableDescription

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Table properties phlo itself keeps.
KEY_PROPERTY = "phlo.key"


def describe(table: str, ref: str, location: str, metadata: Mapping[str, Any]) -> TableDescription:
    """Return what the metadata at a location says of a table."""
    schema = _by_id(metadata["schemas"], "schema-id", metadata["current-schema-id"])
    spec = _by_id(metadata["partition-specs"], "spec-id", metadata["default-spec-id"])
    order = _by_id(metadata["sort-orders"], "order-id", metadata["default-sort-order-id"])
    names = {field["id"]: field["name"] for field in schema["fields"]}
    snapshot = _current(metadata)
    summary = snapshot["summary"] if snapshot else {}
    properties = metadata.get("properties", {})
    return TableDescription(
        name=table,
        ref=ref,
        columns=tuple(
            Column(f["name"], type_name(f["type"]), not f["required"], f.get("doc"), f["id"])
            for f in schema["fields"]
        ),
        partition_fields=tuple(
            PartitionField(f["name"], names.get(f["source-id"], "?"), f["transform"])
            for f in spec["fields"]
        ),
        sort_fields=tuple(names.get(f["source-id"], "?") for f in order["fields"]),
        key=tuple(json.loads(properties.get(KEY_PROPERTY, "[]"))),
        properties=properties,
        row_count=int(summary.get("total-records", 0)),
        file_count=int(summary.get("total-data-files", 0)),
        size_bytes=int(summary.get("total-files-size", 0)),
        snapshot_id=snapshot["snapshot-id"] if snapshot else None,
        snapshot_count=len(metadata.get("snapshots", ())),
        last_updated=_time(metadata["last-updated-ms"]),
        location=metadata["location"],
        metadata_location=location,
    )


def snapshots(metadata: Mapping[str, Any]) -> tuple[SnapshotInfo, ...]:
    """Return a table's snapshots, the newest first."""
    found = [_snapshot(s) for s in metadata.get("snapshots", ())]
    return tuple(reversed(found))


def has_deletes(metadata: Mapping[str, Any]) -> bool:
    """Whether rows of the current snapshot are deleted by delete files, so that counts differ."""
    snapshot = _current(metadata)
    summary = snapshot["summary"] if snapshot else {}
    return any(
        int(summary.get(name, 0)) for name in ("total-delete-files", "total-position-deletes",
                                               "total-equality-deletes")
    )  # fmt: skip


def type_name(kind: Any) -> str:
    """Return an Iceberg type as one word: `list<string>`, `struct<a: int, b: string>`."""
    if isinstance(kind, str):
        return kind
    if kind["type"] == "list":
        return f"list<{type_name(kind['element'])}>"
    if kind["type"] == "map":
        return f"map<{type_name(kind['key'])}, {type_name(kind['value'])}>"
    fields = ", ".join(f"{f['name']}: {type_name(f['type'])}" for f in kind["fields"])
    return f"struct<{fields}>"


def _snapshot(value: Mapping[str, Any]) -> SnapshotInfo:
    summary = value.get("summary", {})
    return SnapshotInfo(
        id=value["snapshot-id"],
        parent=value.get("parent-snapshot-id"),
        at=_time(value["timestamp-ms"]),
        operation=summary.get("operation", "unknown"),
        added_rows=int(summary.get("added-records", 0)),
        deleted_rows=int(summary.get("deleted-records", 0)),
        total_rows=int(summary.get("total-records", 0)),
        added_files=int(summary.get("added-data-files", 0)),
        summary=summary,
    )


def _current(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    current = metadata.get("current-snapshot-id")
    # Version 1 tables write -1 where there is none.
    if current is None or current == -1:
        return None
    return _by_id(metadata["snapshots"], "snapshot-id", current)


def _by_id(values: list[dict[str, Any]], key: str, wanted: int) -> dict[str, Any]:
    return next(value for value in values if value[key] == wanted)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
