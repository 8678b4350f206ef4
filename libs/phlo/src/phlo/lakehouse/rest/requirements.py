"""What a commit takes for granted; where it does not hold, the commit began from another state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rest import CommitRefused, NameTaken, RequestNotUnderstood
from phlo.lakehouse.rest.values import need, take

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A requirement's type: the key it says a value by, and the key of the metadata it is about.
_SAME = {
    "assert-last-assigned-field-id": ("last-assigned-field-id", "last-column-id"),
    "assert-current-schema-id": ("current-schema-id", "current-schema-id"),
    "assert-last-assigned-partition-id": ("last-assigned-partition-id", "last-partition-id"),
    "assert-default-spec-id": ("default-spec-id", "default-spec-id"),
    "assert-default-sort-order-id": ("default-sort-order-id", "default-sort-order-id"),
}


def creates(requirements: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a commit makes the table."""
    return any(one.get("type") == "assert-create" for one in requirements)


def check(
    requirements: Iterable[Mapping[str, Any]], metadata: Mapping[str, Any] | None, name: object
) -> None:
    """Check what a commit takes for granted.

    Args:
        requirements: What the commit says.
        metadata: The table as it is; None if there is none.
        name: The table's name, for messages.

    Raises:
        CommitRefused: It does not hold.
        NameTaken: The table was to be made, and is there.
        RequestNotUnderstood: It is not known.
    """
    for one in requirements:
        kind = need(one, "type", str)
        if kind == "assert-create":
            if metadata is not None:
                raise NameTaken("table", str(name))
        elif metadata is None:
            raise CommitRefused("Requirement failed: the table does not exist")
        else:
            _check_one(kind, one, metadata)


def _check_one(kind: str, one: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    if kind in ("assert-table-uuid", "assert-view-uuid"):
        key = kind.removeprefix("assert-")
        if need(one, "uuid", str).lower() != str(metadata.get(key, "")).lower():
            raise CommitRefused("Requirement failed: UUID does not match")
    elif kind == "assert-ref-snapshot-id":
        _check_ref(need(one, "ref", str), take(one, "snapshot-id", int), metadata)
    elif kind in _SAME:
        said, about = _SAME[kind]
        if take(one, said, int) != metadata.get(about):
            words = said.replace("-", " ")
            raise CommitRefused(
                f"Requirement failed: {words} changed: expected {one.get(said)} "
                f"!= {metadata.get(about)}"
            )
    else:
        raise RequestNotUnderstood(f"There is no requirement '{kind}'")


def _check_ref(ref: str, expected: int | None, metadata: Mapping[str, Any]) -> None:
    found = metadata.get("refs", {}).get(ref)
    kind = found["type"] if found else "branch or tag"
    if found is None and expected is not None:
        raise CommitRefused(f"Requirement failed: {kind} {ref} is missing, expected {expected}")
    if found is not None and expected is None:
        raise CommitRefused(f"Requirement failed: {kind} {ref} was created concurrently")
    if found is not None and found["snapshot-id"] != expected:
        raise CommitRefused(
            f"Requirement failed: {kind} {ref} has changed: "
            f"expected id {expected} != {found['snapshot-id']}"
        )
