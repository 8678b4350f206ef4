"""How much memory containers use, asked at the engine's socket.

`docker stats` takes two seconds to tell the same, since it also tells how busy they are.
"""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNIX = "unix://"
_PATIENCE = 2.0
_MOST_AT_ONCE = 32


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
    wanted = list(ids)
    if host is None or not host.startswith(_UNIX) or not wanted:
        return {}
    # All at once: an older engine answers when it looks the next time, up to a second later.
    with ThreadPoolExecutor(min(len(wanted), _MOST_AT_ONCE)) as pool:
        told = pool.map(lambda one: _ask(host.removeprefix(_UNIX), one), wanted)
        return {one: used for one, used in zip(wanted, told, strict=True) if used is not None}


def _ask(path: str, container: str) -> int | None:
    """Return what one container uses; None where it is gone, or nobody answers."""
    connection = _Connection(path)
    try:
        connection.request("GET", f"/containers/{container}/stats?stream=false&one-shot=true")
        answer = connection.getresponse()
        text = answer.read()
        return used_of(json.loads(text)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def used_of(stats: dict[str, Any]) -> int | None:
    """Return the memory of one container without what is only kept of files, as Docker counts."""
    told = stats.get("memory_stats") or {}
    usage, parts = told.get("usage"), told.get("stats") or {}
    if usage is None:
        return None
    cached = parts.get("total_inactive_file", parts.get("inactive_file", 0))
    return int(usage - cached if cached < usage else usage)
