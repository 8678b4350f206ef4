"""DuckDB's errors as phlo's: what is wrong, where in the statement, what to do."""

from __future__ import annotations

import json
import re
from typing import Any

from phlo.errors.data import DataError, LakeMoved
from phlo.errors.queries import QueryCancelled, QueryFailed
from phlo.lakehouse.sql import place
from phlo.lakehouse.storage import is_local, path_of

_VERBS = ("GET", "HEAD", "PUT", "POST")
_FIXES = {
    "Parser": "correct the statement at this place",
    "Binder": "correct the name, or see the columns: describe TABLE",
    "Out of Memory": "read less at once, or give the session more memory",
    "Permission": "query the lake's tables: files outside of it are not read here",
}


def translated(
    error: BaseException, sql: str | None, *, table: str = "", location: str = ""
) -> DataError:
    """Return DuckDB's error as one of phlo's."""
    details = _details(str(error))
    kind, message = details["exception_type"], details["exception_message"]
    if kind.upper() == "INTERRUPT" or "INTERRUPT Error" in message:
        return QueryCancelled()
    if location and is_local(location) and not path_of(location).exists():
        return LakeMoved(table, location)
    if "CommitFailedException" in message:
        return QueryFailed(
            "somebody else changed a table that this statement changes",
            fix="run it again: it then begins from the tables as they are now",
        )
    where = None
    if sql is not None and str(details.get("position", "")).isdigit():
        offset = len(sql.encode()[: int(details["position"])].decode(errors="ignore"))
        where = place(sql, offset)
    first, *rest = (line for line in message.strip().splitlines() if line.strip())
    hint = next((line for line in rest if line.startswith(("Did you", "Candidate"))), None)
    return QueryFailed(
        _lowered(first), where=where, fix=_lowered(hint) if hint else _FIXES.get(kind)
    )


def is_of_http(error: BaseException) -> bool:
    """Whether a server does not answer, or refuses."""
    details = _details(str(error))
    said = details["exception_message"]
    return details["exception_type"] == "HTTP" or any(f"HTTP {v}" in said for v in _VERBS)


def message_of(error: BaseException) -> str:
    """Return what DuckDB says of an error, in one line."""
    return str(_details(str(error))["exception_message"]).strip().splitlines()[0]


def _details(text: str) -> dict[str, Any]:
    """Return the parts of an error: the JSON that DuckDB writes after its kind, or plain text."""
    kind, separator, rest = text.partition(" Error: ")
    start = text.find("{")
    if start >= 0:
        try:
            found: dict[str, Any] = json.loads(text[start : text.rindex("}") + 1])
            return {"exception_type": kind, "exception_message": text} | found
        except ValueError:
            pass
    return {"exception_type": kind if separator else "", "exception_message": rest or text}


def _lowered(text: str) -> str:
    """Return a sentence as phlo writes errors: no capital at the start, no full stop."""
    text = re.sub(r"[.!]$", "", text.strip())
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
