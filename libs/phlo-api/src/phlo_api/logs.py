"""The logs of services: the last lines, and the lines as they come, without any secret."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import TYPE_CHECKING

from phlo.orchestration.secrets import read_secrets, redacted
from phlo_api.errors import NotThere
from phlo_api.models.services import LogLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b", re.IGNORECASE)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
#: At most so much is read from the end of a file.
_MOST_BYTES = 4 * 1024 * 1024
EVERY = 0.25


class LogFile:
    """The log of one service of a project.

    Args:
        root: The project's folder.
        service: The service.

    Raises:
        NotThere: There is none.
    """

    def __init__(self, root: Path, service: str) -> None:
        if not _NAME.fullmatch(service):
            raise NotThere("service", service)
        self._file = root / ".phlo" / "logs" / f"{service}.log"
        self._secrets = read_secrets(root / ".phlo" / "state" / "secrets.env")

    def exists(self) -> bool:
        """Whether anything was ever written to it."""
        return self._file.is_file()

    def tail(self, count: int) -> tuple[list[LogLine], bool]:
        """Return the last lines, and whether there were more."""
        try:
            with self._file.open("rb") as source:
                size = source.seek(0, os.SEEK_END)
                start = max(0, size - _MOST_BYTES)
                source.seek(start)
                data = source.read()
        except OSError:
            return [], False
        lines = data.decode(errors="replace").splitlines()
        if start and lines:
            lines = lines[1:]
        kept = lines[-count:]
        first = len(lines) - len(kept)
        told = [self._line(first + n + 1, text) for n, text in enumerate(kept)]
        return told, bool(start) or first > 0

    async def follow(self, *, max_seconds: float | None = None) -> AsyncIterator[str]:
        """Yield lines as they are written, as `text/event-stream` has them."""
        loop = asyncio.get_running_loop()
        end = None if max_seconds is None else loop.time() + max_seconds
        place, inode, rest = self._end(), self._inode(), b""
        yield ": phlo\nretry: 2000\n\n"
        beat, number = loop.time(), 0
        while end is None or loop.time() < end:
            if (found := self._inode()) != inode or self._end() < place:
                place, inode, rest = 0, found, b""  # it was rotated
            data = await asyncio.to_thread(self._read, place)
            place += len(data)
            *lines, rest = (rest + data).split(b"\n")
            if lines:
                told = [
                    self._line(number + n + 1, line.decode(errors="replace")).model_dump()
                    for n, line in enumerate(lines)
                ]
                number += len(lines)
                yield f"event: lines\ndata: {json.dumps(told)}\n\n"
                beat = loop.time()
            elif loop.time() - beat > 15:
                beat = loop.time()
                yield ": beat\n\n"
            await asyncio.sleep(EVERY)

    def _line(self, number: int, text: str) -> LogLine:
        clean = _CONTROL.sub("", redacted(text, self._secrets))[:8_000]
        found = _LEVEL.search(clean[:200])
        level = found[1].lower().replace("warning", "warn") if found else None
        return LogLine(number=number, text=clean, level=level)

    def _read(self, place: int) -> bytes:
        try:
            with self._file.open("rb") as source:
                source.seek(place)
                return source.read(1024 * 1024)
        except OSError:
            return b""

    def _end(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0

    def _inode(self) -> int:
        try:
            return self._file.stat().st_ino
        except OSError:
            return 0
