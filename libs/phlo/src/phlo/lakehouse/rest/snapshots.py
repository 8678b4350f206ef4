"""Updates of a table's snapshots, its branches and tags, and what is known of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rest import CommitRefused, RequestNotUnderstood
from phlo.lakehouse.rest.table_metadata import now
from phlo.lakehouse.rest.values import need, numbers, take

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.rest.table_metadata import Metadata
    from phlo.lakehouse.rest.updates import Draft

MAIN = "main"
_NONE = -1
_RETENTION = ("max-ref-age-ms", "max-snapshot-age-ms", "min-snapshots-to-keep")


def add(draft: Draft, update: Mapping[str, Any]) -> None:
    """Add a snapshot; no branch is at it yet.

    Raises:
        CommitRefused: Another one was committed since it was made.
    """
    snapshot, metadata = need(update, "snapshot", dict), draft.metadata
    number = need(snapshot, "snapshot-id", int)
    if number in _ids(metadata):
        raise RequestNotUnderstood(f"Snapshot already exists for id: {number}")
    at = need(snapshot, "timestamp-ms", int)
    if metadata["format-version"] > 1:
        sequence, last = need(snapshot, "sequence-number", int), metadata["last-sequence-number"]
        if sequence <= last and take(snapshot, "parent-snapshot-id", int) is not None:
            raise CommitRefused(
                f"Cannot add snapshot with sequence number {sequence} older than last "
                f"sequence number {last}"
            )
        draft.set("last-sequence-number", max(sequence, last))
    if metadata["format-version"] > 2:
        _count_rows(draft, snapshot)
    draft.set("snapshots", [*metadata["snapshots"], snapshot])
    draft.added.add(number)
    draft.updated_at = at


def remove(draft: Draft, update: Mapping[str, Any]) -> None:
    """Take snapshots away, and the branches and tags that are at them."""
    gone = set(numbers(update, "snapshot-ids"))
    metadata = draft.metadata
    draft.set("snapshots", [s for s in metadata["snapshots"] if s["snapshot-id"] not in gone])
    for group in ("statistics", "partition-statistics"):
        draft.set(group, [s for s in metadata[group] if s["snapshot-id"] not in gone])
    for name, ref in list(metadata["refs"].items()):
        if ref["snapshot-id"] in gone:
            _forget(draft, name)


def set_ref(draft: Draft, update: Mapping[str, Any]) -> None:
    """Let a branch or tag be at a snapshot."""
    name, kind = need(update, "ref-name", str), need(update, "type", str)
    number = need(update, "snapshot-id", int)
    if kind not in ("branch", "tag") or (name == MAIN and kind != "branch"):
        raise RequestNotUnderstood(f"'{name}' cannot be a {kind}")
    if number not in _ids(draft.metadata):
        raise RequestNotUnderstood(f"Cannot set {name} to unknown snapshot: {number}")
    ref = {"snapshot-id": number, "type": kind}
    ref |= {key: update[key] for key in _RETENTION if take(update, key, int) is not None}
    if draft.metadata["refs"].get(name) == ref:
        return
    draft.set("refs", {**draft.metadata["refs"], name: ref})
    if name == MAIN and draft.metadata["current-snapshot-id"] != number:
        at = _time(draft, number) if number in draft.added else now()
        draft.set("current-snapshot-id", number)
        entry = {"timestamp-ms": at, "snapshot-id": number}
        draft.set("snapshot-log", [*draft.metadata["snapshot-log"], entry])
        draft.updated_at = max(at, draft.updated_at or 0)


def remove_ref(draft: Draft, update: Mapping[str, Any]) -> None:
    """Forget a branch or tag; its snapshots stay."""
    _forget(draft, need(update, "ref-name", str))


def set_statistics(draft: Draft, update: Mapping[str, Any]) -> None:
    """Keep what is known of a snapshot's columns."""
    statistics = need(update, "statistics", dict)
    _replace(draft, "statistics", need(statistics, "snapshot-id", int), statistics)


def remove_statistics(draft: Draft, update: Mapping[str, Any]) -> None:
    """Forget what is known of a snapshot's columns."""
    _replace(draft, "statistics", need(update, "snapshot-id", int), None)


def set_partition_statistics(draft: Draft, update: Mapping[str, Any]) -> None:
    """Keep what is known of a snapshot's partitions."""
    statistics = need(update, "partition-statistics", dict)
    _replace(draft, "partition-statistics", need(statistics, "snapshot-id", int), statistics)


def remove_partition_statistics(draft: Draft, update: Mapping[str, Any]) -> None:
    """Forget what is known of a snapshot's partitions."""
    _replace(draft, "partition-statistics", need(update, "snapshot-id", int), None)


def tidy(draft: Draft, before: Metadata) -> None:
    """Let the history of `main` say only what was: states that others saw, and still know.

    A state that the same commit left again was never seen. What came before a snapshot that is
    gone cannot be told from what it made of it, so it goes, too.
    """
    metadata = draft.metadata
    known, current = _ids(metadata), metadata["current-snapshot-id"]
    kept: list[dict[str, Any]] = []
    for entry in metadata["snapshot-log"]:
        number = entry["snapshot-id"]
        if number in draft.added and number != current:
            continue
        if number in known:
            kept.append(entry)
        elif before["snapshots"] != metadata["snapshots"]:
            kept = []
    draft.set("snapshot-log", kept)


def _count_rows(draft: Draft, snapshot: Mapping[str, Any]) -> None:
    first, rows = need(snapshot, "first-row-id", int), need(snapshot, "added-rows", int)
    following = draft.metadata["next-row-id"]
    if rows < 0:
        raise RequestNotUnderstood("'added-rows' must not be negative")
    if first < following:
        raise CommitRefused(
            f"Cannot add a snapshot, first-row-id is behind table next-row-id: "
            f"{first} < {following}"
        )
    draft.set("next-row-id", following + rows)


def _forget(draft: Draft, name: str) -> None:
    draft.set("refs", {k: v for k, v in draft.metadata["refs"].items() if k != name})
    if name == MAIN:
        draft.set("current-snapshot-id", _NONE)


def _replace(draft: Draft, group: str, number: int, value: dict[str, Any] | None) -> None:
    others = [one for one in draft.metadata[group] if one["snapshot-id"] != number]
    draft.set(group, [*others, value] if value else others)


def _ids(metadata: Mapping[str, Any]) -> set[int]:
    return {snapshot["snapshot-id"] for snapshot in metadata["snapshots"]}


def _time(draft: Draft, number: int) -> int:
    return next(
        int(s["timestamp-ms"]) for s in draft.metadata["snapshots"] if s["snapshot-id"] == number
    )
