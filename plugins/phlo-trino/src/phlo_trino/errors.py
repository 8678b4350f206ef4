"""Trino's errors as phlo's: what is wrong, where in the statement, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.errors.queries import NotReadOnly, QueryCancelled, QueryFailed

if TYPE_CHECKING:
    from phlo.errors.data import DataError
    from phlo_trino.statement import Statement

#: A table, or the schema it would be in, is not there.
NOT_FOUND = frozenset({"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "MISSING_SCHEMA_NAME"})
#: A part of the cluster went away while the statement ran; it can be run again.
LOST = frozenset(
    {"PAGE_TRANSPORT_ERROR", "PAGE_TRANSPORT_TIMEOUT", "REMOTE_TASK_ERROR", "REMOTE_TASK_FAILED",
     "REMOTE_TASK_MISMATCH", "REMOTE_HOST_GONE", "TOO_MANY_REQUESTS_FAILED"}
)  # fmt: skip

_PLACE = re.compile(r"^line \d+:\d+: ")
_FIXES = {
    "SYNTAX_ERROR": "correct the statement at this place",
    "COLUMN_NOT_FOUND": "correct the name, or see the columns: describe TABLE",
    "NO_NODES_AVAILABLE": "look at its workers: phlo services status",
}
_MEMORY = "read less at once, or give it more memory: services.trino.resources.memory"
_AGAIN = "run it again; what became of the worker: phlo services status"


def translated(error: dict[str, Any], statement: Statement) -> DataError:
    """Return Trino's error as one of phlo's."""
    name, kind = str(error.get("errorName")), error.get("errorType")
    message = _PLACE.sub("", str(error.get("message") or name))
    place = error.get("errorLocation")
    where = statement.where(place["lineNumber"], place["columnNumber"]) if place else None
    if name == "USER_CANCELED":
        return QueryCancelled()
    if name == "PERMISSION_DENIED":
        return NotReadOnly(f"'{statement.written.split()[0].upper()}'", where=where)
    if name in LOST:
        problem = f"a worker was lost while it ran: {_lowered(message)}"
        return QueryFailed(problem, where=where, fix=_AGAIN)
    fix = _MEMORY if kind == "INSUFFICIENT_RESOURCES" and "MEMORY" in name else _FIXES.get(name)
    return QueryFailed(_lowered(message), where=where, fix=fix)


def _lowered(text: str) -> str:
    """Return a sentence as phlo writes errors: one line, no capital at the start, no full stop."""
    first = next((line for line in text.strip().splitlines() if line.strip()), "it says nothing")
    first = re.sub(r"[.!]$", "", first.strip())
    return first[:1].lower() + first[1:] if first[1:2].islower() else first
