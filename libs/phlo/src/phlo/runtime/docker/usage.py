"""How much memory containers use, asked at the engine's socket.

`docker stats` takes two seconds to tell the same, since it also tells how busy they are.
"""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNIX = "unix://"
_PATIENCE = 2.0


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket of this machine."""

    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=_PATIENCE)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_PATIENCE)
        self.sock.connect(self.path)


def memory(host: str | None, ids: Iterable[str]) -> dict[str, int]:
    """Return the bytes that containers use; nothing of those that nobody tells quickly.

    Args:
        host: The engine's address; one that is not a socket of this machine is not asked.
        ids: The containers.
    """
    found: dict[str, int] = {}
    if host is None or not host.startswith(_UNIX):
        return found
    connection = _Connection(host.removeprefix(_UNIX))
    # What goes away in between, or does not answer, has no number; the status has all else.
    with suppress(OSError, http.client.HTTPException, ValueError):
        for one in ids:
            connection.request("GET", f"/containers/{one}/stats?stream=false&one-shot=true")
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200 and (used := used_of(json.loads(text))) is not None:
                found[one] = used
    connection.close()
    return found


def used_of(stats: dict[str, Any]) -> int | None:
    """Return the memory of one container without what is only kept of files, as Docker counts."""
    told = stats.get("memory_stats") or {}
    usage, parts = told.get("usage"), told.get("stats") or {}
    if usage is None:
        return None
    cached = parts.get("total_inactive_file", parts.get("inactive_file", 0))
    return int(usage - cached if cached < usage else usage)
