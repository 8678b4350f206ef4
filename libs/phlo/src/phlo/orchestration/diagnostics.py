"""Errors as JSON and back, so that a fault found in one process is shown by another."""

from __future__ import annotations

import linecache
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phlo.errors import Fix, PhloError, Related, Where
from phlo.errors.workflow import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def error_as_json(error: PhloError, root: Path) -> dict[str, Any]:
    """Return an error as `phlo.diagnostic/1`, its files named from the project's folder."""
    value: dict[str, Any] = error.as_json()
    value["file"] = _relative(value["file"], root)
    value["related"] = [{**one, "file": _relative(one["file"], root)} for one in value["related"]]
    if error.where and error.where.label:
        value["label"] = error.where.label
    return value


def error_from_json(value: Mapping[str, Any], root: Path) -> PhloError:
    """Return the error that `error_as_json` wrote, of the same class where it is known here."""
    kind = _by_code().get(value["code"], WorkflowError)
    error = kind.__new__(kind)
    PhloError.__init__(
        error,
        value["message"],
        fix=Fix(value["fix"]["text"], value["fix"]["command"]),
        why=value["why"],
        where=_where(value, root),
        path=value["path"],
        related=[Related(one["message"], _where(one, root)) for one in value["related"]],
    )
    return error


def with_source(where: Where, root: Path) -> Where:
    """Return a place with the text of its line."""
    if where.line is None or where.source is not None:
        return where
    file = str(root / where.file)
    linecache.checkcache(file)
    text = linecache.getline(file, where.line).rstrip("\n")
    return replace(where, source=text) if text else where


def _where(value: Mapping[str, Any], root: Path) -> Where | None:
    if not value.get("file"):
        return None
    place = Where(
        value["file"], value.get("line"), value.get("column"), value.get("end_line"),
        value.get("end_column"), label=value.get("label"),
    )  # fmt: skip
    return with_source(place, root)


def _relative(file: str | None, root: Path) -> str | None:
    return file.removeprefix(f"{root}/") if file else file


def _by_code() -> dict[str, type[PhloError]]:
    found: dict[str, type[PhloError]] = {}
    waiting: list[type[PhloError]] = [PhloError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if hasattr(kind, "code"):
            found.setdefault(kind.code, kind)
    return found
