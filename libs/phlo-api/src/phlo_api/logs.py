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
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b", re.IGNORECASE)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
#: At most so much is read from the end of a file.
_MOST_BYTES = 4 * 1024 * 1024
EVERY = 0.25


class ServiceLog:
    """The log of one service of a project; of one with several processes, those of all of them.

    Args:
        root: The project's folder.
        service: The service.

    Raises:
        NotThere: There is none.
    """

    def __init__(self, root: Path, service: str) -> None:
        if not _NAME.fullmatch(service):
            raise NotThere("service", service)
        folder, secrets = root / ".phlo" / "logs", root / ".phlo" / "state" / "secrets.env"
        known = read_secrets(secrets)
        parts = sorted(folder.glob(f"{service}.*.log"))
        named = {file: f"{file.name.split('.')[1]} | " for file in parts}
        self._files = [
            _LogFile(file, prefix, known)
            for file, prefix in {folder / f"{service}.log": "", **named}.items()
        ]

    def exists(self) -> bool:
        """Whether anything was ever written to it."""
        return any(file.written_at for file in self._files)

    def tail(self, count: int) -> tuple[list[LogLine], bool]:
        """Return the last lines, and whether there were more.

        Of several processes, those of the one that wrote last come last.
        """
        files = [file for file in self._files if file.written_at]
        told: list[LogLine] = []
        is_more = False
        for file in sorted(files, key=lambda one: one.written_at):
            lines, more = file.tail(count)
            told += lines
            is_more |= more
        if len(files) > 1:
            told = [line.model_copy(update={"number": n}) for n, line in enumerate(told, 1)]
        return told[-count:], is_more or len(told) > count

    async def follow(self, *, max_seconds: float | None = None) -> AsyncIterator[str]:
        """Yield lines as they are written, as `text/event-stream` has them."""
        loop = asyncio.get_running_loop()
        end = None if max_seconds is None else loop.time() + max_seconds
        for file in self._files:
            file.begin()
        yield ": phlo\nretry: 2000\n\n"
        beat, number = loop.time(), 0
        while end is None or loop.time() < end:
            found = [line for file in self._files for line in await asyncio.to_thread(file.more)]
            if found:
                told = [file.line(number + n, text) for n, (file, text) in enumerate(found, 1)]
                number += len(found)
                yield f"event: lines\ndata: {json.dumps([line.model_dump() for line in told])}\n\n"
                beat = loop.time()
            elif loop.time() - beat > 15:
                beat = loop.time()
                yield ": beat\n\n"
            await asyncio.sleep(EVERY)


class _LogFile:
    """What one process wrote.

    Args:
        file: The file, which may not be there yet.
        prefix: What each of its lines begins with: whose it is.
        secrets: What is not shown.
    """

    def __init__(self, file: Path, prefix: str, secrets: Mapping[str, str]) -> None:
        self._file, self._prefix, self._secrets = file, prefix, secrets
        self._place, self._inode, self._rest = 0, 0, b""

    @property
    def written_at(self) -> float:
        """When it was last written to; 0 if it never was."""
        return self._status()[2]

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
        told = [self.line(first + n + 1, text) for n, text in enumerate(kept)]
        return told, bool(start) or first > 0

    def begin(self) -> None:
        """Follow it from where it ends now."""
        self._inode, self._place, _ = self._status()

    def more(self) -> list[tuple[_LogFile, str]]:
        """Return the whole lines that were written since."""
        inode, size, _ = self._status()
        if inode != self._inode or size < self._place:
            self._place, self._inode, self._rest = 0, inode, b""  # it was rotated
        data = self._read()
        self._place += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [(self, line.decode(errors="replace")) for line in lines]

    def line(self, number: int, text: str) -> LogLine:
        """Return a line as it is shown."""
        clean = _CONTROL.sub("", redacted(text, self._secrets))[:8_000]
        found = _LEVEL.search(clean[:200])
        level = found[1].lower().replace("warning", "warn") if found else None
        return LogLine(number=number, text=self._prefix + clean, level=level)

    def _read(self) -> bytes:
        try:
            with self._file.open("rb") as source:
                source.seek(self._place)
                return source.read(1024 * 1024)
        except OSError:
            return b""

    def _status(self) -> tuple[int, int, float]:
        """Return its inode, its size, and when it was last written to."""
        try:
            about = self._file.stat()
        except OSError:
            return 0, 0, 0.0
        return about.st_ino, about.st_size, about.st_mtime
