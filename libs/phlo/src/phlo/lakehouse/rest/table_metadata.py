"""Metadata of tables as plain values: new, as it was read, and as the next file has it."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

from phlo.errors.rest import NotOffered, RequestNotUnderstood
from phlo.lakehouse.rest.schemas import (
    FIRST_PARTITION_FIELD,
    fresh_order,
    fresh_spec,
    highest_field_id,
    with_fresh_ids,
)
from phlo.lakehouse.rest.values import faults_told

if TYPE_CHECKING:
    from collections.abc import Mapping

Metadata = dict[str, Any]

FORMATS = (1, 2, 3)
#: Said as a property when a table is made, but none of its properties.
_FORMAT_PROPERTY = "format-version"
_LOG_LENGTH = "write.metadata.previous-versions-max"
_NUMBER = re.compile(r"(\d+)-")


def new(
    schema: Mapping[str, Any],
    spec: Mapping[str, Any] | None,
    order: Mapping[str, Any] | None,
    location: str,
    properties: Mapping[str, str],
) -> Metadata:
    """Return the metadata of a new table without rows."""
    made, renumbered = with_fresh_ids(schema)
    fresh = fresh_spec(spec, renumbered)
    orders = fresh_order(order, renumbered)
    metadata = empty(_format(properties))
    metadata |= {
        "location": location,
        "last-column-id": highest_field_id(made),
        "schemas": [made],
        "partition-specs": [fresh],
        "last-partition-id": FIRST_PARTITION_FIELD - 1 + len(fresh["fields"]),
        "sort-orders": [orders],
        "default-sort-order-id": orders["order-id"],
        "properties": {k: v for k, v in properties.items() if k != _FORMAT_PROPERTY},
    }
    return _completed(metadata)


def empty(version: int = 2) -> Metadata:
    """Return metadata to which a transaction adds what the new table is."""
    metadata: Metadata = {
        "format-version": version,
        "table-uuid": str(uuid.uuid4()),
        "location": "",
        "last-updated-ms": now(),
        "last-column-id": 0,
        "current-schema-id": 0,
        "schemas": [],
        "default-spec-id": 0,
        "partition-specs": [],
        "last-partition-id": FIRST_PARTITION_FIELD - 1,
        "default-sort-order-id": 0,
        "sort-orders": [],
        "properties": {},
        "current-snapshot-id": -1,
        "refs": {},
        "snapshots": [],
        "statistics": [],
        "partition-statistics": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    return of_version(metadata, version)


def of_version(metadata: Metadata, version: int) -> Metadata:
    """Return metadata with what its format has more than the one before."""
    metadata = {**metadata, "format-version": version}
    if version >= 2:
        metadata.setdefault("last-sequence-number", 0)
        metadata.pop("schema", None)
        metadata.pop("partition-spec", None)
    if version >= 3:
        metadata.setdefault("next-row-id", 0)
    return metadata


def read(content: bytes, location: str) -> Metadata:
    """Return metadata from its file, in the form that updates work on.

    Raises:
        RequestNotUnderstood: It is no metadata of a table.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get(_FORMAT_PROPERTY) not in FORMATS:
        raise RequestNotUnderstood(f"There is no table's metadata at {location}")
    if found.get("current-snapshot-id", 0) is None:
        found["current-snapshot-id"] = -1
    known = empty(found[_FORMAT_PROPERTY])
    if any(type(found.get(key, value)) is not type(value) for key, value in known.items()):
        raise RequestNotUnderstood(f"The metadata at {location} is broken")
    metadata: Metadata = {**known, **found}
    if found.get("table-uuid") is None:
        # The first format need not have one; the same table must not get two.
        metadata["table-uuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, str(found.get("location"))))
    if not metadata["schemas"] and "schema" in found:
        metadata["schemas"] = [{"schema-id": 0, **found["schema"]}]
    if not metadata["partition-specs"]:
        metadata["partition-specs"] = [{"spec-id": 0, "fields": found.get("partition-spec", [])}]
    if not metadata["sort-orders"]:
        metadata["sort-orders"] = [{"order-id": 0, "fields": []}]
    if metadata["current-snapshot-id"] != -1 and "main" not in metadata["refs"]:
        main = {"snapshot-id": metadata["current-snapshot-id"], "type": "branch"}
        metadata["refs"] = {**metadata["refs"], "main": main}
    return metadata


def written(metadata: Metadata) -> bytes:
    """Return metadata as its file has it.

    Raises:
        RequestNotUnderstood: It would be none that every reader understands.
    """
    metadata = _completed(metadata)
    _check(metadata)
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode()


def logged(metadata: Metadata, before: Metadata, location: str) -> Metadata:
    """Return metadata that remembers the file before it."""
    text = metadata["properties"].get(_LOG_LENGTH, "")
    most = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 100
    entry = {"timestamp-ms": before["last-updated-ms"], "metadata-file": location}
    return {**metadata, "metadata-log": [*before["metadata-log"], entry][-most:]}


def next_location(metadata: Metadata, before: str | None) -> str:
    """Return a name for the file of new metadata, which counts up."""
    found = _NUMBER.match(before.rpartition("/")[2]) if before else None
    number = (int(found[1]) + 1 if found and len(found[1]) < 10 else 1) if before else 0
    folder = metadata["properties"].get("write.metadata.path") or f"{metadata['location']}/metadata"
    return f"{folder.rstrip('/')}/{number:05d}-{uuid.uuid4()}.metadata.json"


def now() -> int:
    """Return the time as metadata has it."""
    return time.time_ns() // 1_000_000


def _format(properties: Mapping[str, str]) -> int:
    text = properties.get(_FORMAT_PROPERTY, "2")
    if text not in [str(version) for version in FORMATS]:
        raise NotOffered(f"format version {text[:20]}")
    return int(text)


def _completed(metadata: Metadata) -> Metadata:
    """Return metadata with what the first format writes twice."""
    if metadata["format-version"] > 1:
        return metadata
    schema: Metadata = next(
        (s for s in metadata["schemas"] if s.get("schema-id") == metadata["current-schema-id"]), {}
    )
    spec: Metadata = next(
        (s for s in metadata["partition-specs"] if s["spec-id"] == metadata["default-spec-id"]), {}
    )
    return {**metadata, "schema": schema, "partition-spec": spec.get("fields", [])}


def _check(metadata: Metadata) -> None:
    """Have pyiceberg read it: what it cannot read would be a table that phlo cannot read."""
    from pyiceberg.table.metadata import TableMetadataUtil

    with faults_told():
        TableMetadataUtil.parse_obj(metadata)
