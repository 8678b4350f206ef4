"""The logs of services: the last lines, and those that come, over rotations."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from phlo.orchestration.secrets import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

#: supervisord keeps so many older files beside a log (conf.py).
_OLDER = 3
_BLOCK = 64 * 1024
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a service's log."""

    service: str
    text: str


def last_lines(file: Path, count: int) -> list[str]:
    """Return the last lines of a log, with those of the older files where the log was just rotated.

    What is not UTF-8 is shown as `�`; a log that cannot be read has no lines.
    """
    found: list[str] = []
    for one in [file, *(file.with_name(f"{file.name}.{n}") for n in range(1, _OLDER + 1))]:
        try:
            with one.open("rb") as opened:
                lines = _tail(opened, count - len(found))
        except OSError:
            break
        found = lines + found
        if len(found) >= count:
            break
    return found


def _tail(opened: BinaryIO, count: int) -> list[str]:
    """Read from the end, as far back as so many lines take."""
    if count <= 0:
        return []
    position, data = opened.seek(0, 2), b""
    while position > 0 and data.count(b"\n") <= count:
        step = min(_BLOCK, position)
        position -= step
        opened.seek(position)
        data = opened.read(step) + data
    return [_text(line) for line in data.splitlines()[-count:]]


def tail(
    logs: Mapping[str, Path], count: int, secrets: Mapping[str, str] | None = None
) -> list[LogLine]:
    """Return the last lines of some services, each service's together.

    Args:
        logs: The log of each service.
        count: So many lines of each.
        secrets: Values that are not shown.
    """
    return [
        LogLine(service, redacted(line, secrets or {}))
        for service, file in logs.items()
        for line in last_lines(file, count)
    ]


def follow(
    logs: Mapping[str, Path],
    secrets: Mapping[str, str] | None = None,
    *,
    is_over: Callable[[], bool] = lambda: False,
    pause: float = 0.2,
) -> Iterator[LogLine]:
    """Yield the lines that services print from this call on, merged as they come.

    Args:
        logs: The log of each service; one that is not there yet may come.
        secrets: Values that are not shown.
        is_over: Asked between two looks; True ends it.
        pause: Seconds between two looks.
    """
    followed = [_Followed(service, file) for service, file in logs.items()]
    for one in followed:
        one.begin()
    return _lines(followed, secrets or {}, is_over, pause)


def _lines(
    followed: Sequence[_Followed],
    secrets: Mapping[str, str],
    is_over: Callable[[], bool],
    pause: float,
) -> Iterator[LogLine]:
    try:
        is_last = False
        while not is_last:
            is_last = is_over()  # asked before the last look, so that no line is missed
            for one in followed:
                for line in one.lines():
                    yield LogLine(one.service, redacted(line, secrets))
            if not is_last:
                time.sleep(pause)
    finally:
        for one in followed:
            one.close()


def merged(sources: Sequence[Iterator[LogLine]]) -> Iterator[LogLine]:
    """Yield the lines of several sources as they come, until all are at their end."""
    import queue
    import threading

    lines: queue.Queue[LogLine | None] = queue.Queue(maxsize=1000)

    def read(source: Iterator[LogLine]) -> None:
        for line in source:
            lines.put(line)
        lines.put(None)

    for source in sources:
        threading.Thread(target=read, args=(source,), daemon=True).start()
    left = len(sources)
    while left:
        line = lines.get()
        if line is None:
            left -= 1
        else:
            yield line


@dataclass(slots=True)
class _Followed:
    service: str
    file: Path
    opened: BinaryIO | None = None
    inode: int = 0
    rest: bytes = b""

    def begin(self) -> None:
        """Go to the end of what is there."""
        self._open()
        if self.opened is not None:
            self.opened.seek(0, 2)

    def _open(self) -> None:
        try:
            self.opened = self.file.open("rb")
            self.inode = os.fstat(self.opened.fileno()).st_ino
        except OSError:
            self.opened = None

    def close(self) -> None:
        """Let go of the file."""
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    def lines(self) -> Sequence[str]:
        """Return the whole lines that have come; the rest of the old file comes before the new."""
        found = self._read()
        if self._is_rotated():
            found += self._read()
            self.close()
            self._open()
            found += self._read()
        return [_text(line) for line in found]

    def _read(self) -> list[bytes]:
        if self.opened is None:
            return []
        data = self.rest + self.opened.read()
        *lines, self.rest = data.split(b"\n")
        if len(self.rest) > _LONGEST_LINE:
            lines, self.rest = [*lines, self.rest], b""
        return lines

    def _is_rotated(self) -> bool:
        try:
            found = self.file.stat()
        except OSError:
            return False
        return (
            self.opened is None or found.st_ino != self.inode or found.st_size < self.opened.tell()
        )


def _text(line: bytes) -> str:
    return readable(line.decode("utf-8", "replace").rstrip("\r"))


def readable(text: str) -> str:
    """Return a line of a log without what would decide about the terminal it is shown on."""
    # Colours stay: they end with their line.
    return "".join(c for c in text if c in "\t\x1b" or c.isprintable() or ord(c) > 159)
