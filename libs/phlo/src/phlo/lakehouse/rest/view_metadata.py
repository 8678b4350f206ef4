"""Metadata of views as plain values: new, changed, and as its file has it."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from phlo.errors.rest import CommitRefused, NotOffered, RequestNotUnderstood
from phlo.lakehouse.rest.schemas import walk
from phlo.lakehouse.rest.values import faults_told, need, objects, properties, take, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

View = dict[str, Any]

#: The versions that a view keeps, unless `version.history.num-entries` says otherwise.
_KEPT = 10


def new(body: Mapping[str, Any], location: str) -> View:
    """Return the metadata of a new view, from the request that makes it."""
    view: View = {
        "view-uuid": str(uuid.uuid4()),
        "format-version": 1,
        "location": location,
        "schemas": [],
        "current-version-id": 0,
        "versions": [],
        "version-log": [],
        "properties": properties(body, "properties"),
    }
    schema = {**need(body, "schema", dict), "schema-id": 0}
    version = {**need(body, "view-version", dict), "schema-id": 0}
    _add_schema(view, {"schema": schema})
    _add_version(view, {"view-version": version})
    return _checked({**view, **_current(view, view["versions"][-1]["version-id"])})


def read(content: bytes, location: str) -> View:
    """Return metadata from its file.

    Raises:
        RequestNotUnderstood: It is no metadata of a view.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or "view-uuid" not in found:
        raise RequestNotUnderstood(f"There is no view's metadata at {location}")
    return {"properties": {}, **found}


def apply(view: View, updates: Iterable[Mapping[str, Any]]) -> View:
    """Return a view's metadata with the updates made.

    Raises:
        RequestNotUnderstood: An update is not known or cannot be made.
    """
    view = {**view, "schemas": list(view["schemas"]), "versions": list(view["versions"])}
    for update in updates:
        _apply_one(view, need(update, "action", str), update)
    return _checked(view)


def _apply_one(view: View, action: str, update: Mapping[str, Any]) -> None:
    if action not in _ACTIONS:
        raise NotOffered(f"the update '{action}' of a view")
    _ACTIONS[action](view, update)


def _assign_uuid(view: View, update: Mapping[str, Any]) -> None:
    if need(update, "uuid", str).lower() != str(view["view-uuid"]).lower():
        raise CommitRefused("Cannot reassign uuid")


def _upgrade(_view: View, update: Mapping[str, Any]) -> None:
    if (version := need(update, "format-version", int)) != 1:
        raise NotOffered(f"view format version {version}")


def _set_location(view: View, update: Mapping[str, Any]) -> None:
    view["location"] = need(update, "location", str).rstrip("/")


def _set_properties(view: View, update: Mapping[str, Any]) -> None:
    view["properties"] = {**view["properties"], **properties(update, "updates")}


def _remove_properties(view: View, update: Mapping[str, Any]) -> None:
    gone = set(texts(update, "removals"))
    view["properties"] = {k: v for k, v in view["properties"].items() if k not in gone}


def _set_current(view: View, update: Mapping[str, Any]) -> None:
    wanted = need(update, "view-version-id", int)
    view |= _current(view, view["versions"][-1]["version-id"] if wanted == -1 else wanted)


def _add_schema(view: View, update: Mapping[str, Any]) -> None:
    schema = need(update, "schema", dict)
    list(walk(schema))  # is it one?
    for one in view["schemas"]:
        if one.get("fields") == schema.get("fields"):
            # The last one added is what a version means by -1.
            view["schemas"].remove(one)
            view["schemas"].append(one)
            return
    number = max((one["schema-id"] for one in view["schemas"]), default=-1) + 1
    view["schemas"].append({**schema, "schema-id": number})


def _add_version(view: View, update: Mapping[str, Any]) -> None:
    version = dict(need(update, "view-version", dict))
    said = [need(one, "dialect", str).lower() for one in objects(version, "representations")]
    if not said or len(said) != len(set(said)):
        raise RequestNotUnderstood("A view's version needs one representation for each dialect")
    if need(version, "schema-id", int) == -1:
        version["schema-id"] = view["schemas"][-1]["schema-id"]
    number = max((one["version-id"] for one in view["versions"]), default=0) + 1
    wanted = take(version, "version-id", int)
    taken = wanted is None or wanted < 1 or any(v["version-id"] == wanted for v in view["versions"])
    view["versions"].append({**version, "version-id": number if taken else wanted})


def _current(view: View, number: int) -> View:
    """Return what changes when a version becomes the present one."""
    version = next((v for v in view["versions"] if v["version-id"] == number), None)
    if version is None:
        raise RequestNotUnderstood(f"Cannot set current version to unknown version: {number}")
    if view["current-version-id"] == number:
        return {}
    at = max(time.time_ns() // 1_000_000, 0)
    entry = {"version-id": number, "timestamp-ms": take(version, "timestamp-ms", int) or at}
    text = view["properties"].get("version.history.num-entries", "")
    most = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else _KEPT
    others = [v for v in view["versions"] if v is not version]
    return {
        "current-version-id": number,
        "version-log": [*view["version-log"], entry],
        "versions": [*others, version][-most:],
    }


def _checked(view: View) -> View:
    """Have pyiceberg read it, so that whoever reads views can."""
    from pyiceberg.view.metadata import ViewMetadata

    known = {one["schema-id"] for one in view["schemas"]}
    if any(version["schema-id"] not in known for version in view["versions"]):
        raise RequestNotUnderstood("A version of the view names a schema that there is not")
    with faults_told():
        ViewMetadata.model_validate(view)
    return view


_ACTIONS: dict[str, Callable[[View, Mapping[str, Any]], None]] = {
    "assign-uuid": _assign_uuid,
    "upgrade-format-version": _upgrade,
    "set-location": _set_location,
    "set-properties": _set_properties,
    "remove-properties": _remove_properties,
    "add-schema": _add_schema,
    "add-view-version": _add_version,
    "set-current-view-version": _set_current,
}
