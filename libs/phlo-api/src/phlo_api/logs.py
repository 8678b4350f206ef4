"""The logs of services as a browser is shown them: the last lines, and those that come."""

from __future__ import annotations

import asyncio
import json
import queue
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from phlo import operating
from phlo.errors.service import NoSuchService
from phlo_api.models.services import LogLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from phlo.runtime.logs import LogLine as Written

_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b", re.IGNORECASE)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 8_000
#: Lines that wait to be sent; who writes more waits.
_WAITING = 5_000
EVERY = 0.25


class ServiceLog:
    """The log of one service of a project; of one with several processes, those of all of them.

    Args:
        root: The project's folder.
        service: The service.
    """

    def __init__(self, root: Path, service: str) -> None:
        self._root, self._service = root, service

    def tail(self, count: int) -> tuple[list[LogLine], bool]:
        """Return the last lines, of several processes those of each, and whether there were more.

        Of what was never started there are none.
        """
        try:
            found = operating.logs(self._root, [self._service], count + 1)
        except NoSuchService:
            return [], False
        by_process: dict[str, list[Written]] = {}
        for line in found:
            by_process.setdefault(line.service, []).append(line)
        kept = [line for lines in by_process.values() for line in lines[-count:]]
        is_more = any(len(lines) > count for lines in by_process.values())
        return [self._line(n, line) for n, line in enumerate(kept, 1)], is_more

    async def follow(self, *, max_seconds: float | None = None) -> AsyncIterator[str]:
        """Yield lines as they are written, as `text/event-stream` has them."""
        over = threading.Event()
        waiting: queue.Queue[Written] = queue.Queue(_WAITING)
        with suppress(NoSuchService):
            # The engine is asked where its containers are, which takes a moment.
            source = await asyncio.to_thread(
                operating.follow, self._root, [self._service], over.is_set
            )
            threading.Thread(target=_read, args=(source, waiting, over), daemon=True).start()
        loop = asyncio.get_running_loop()
        end = None if max_seconds is None else loop.time() + max_seconds
        yield ": phlo\nretry: 2000\n\n"
        beat, number = loop.time(), 0
        try:
            while end is None or loop.time() < end:
                found = [waiting.get_nowait() for _ in range(waiting.qsize())]
                if found:
                    told = [self._line(number + n, line) for n, line in enumerate(found, 1)]
                    number += len(found)
                    lines = json.dumps([line.model_dump() for line in told])
                    yield f"event: lines\ndata: {lines}\n\n"
                    beat = loop.time()
                elif loop.time() - beat > 15:
                    beat = loop.time()
                    yield ": beat\n\n"
                await asyncio.sleep(EVERY)
        finally:
            over.set()

    def _line(self, number: int, line: Written) -> LogLine:
        """Return a line as it is shown."""
        clean = _CONTROL.sub("", line.text)[:_LONGEST]
        found = _LEVEL.search(clean[:200])
        level = found[1].lower().replace("warning", "warn") if found else None
        process = line.service.removeprefix(self._service).strip(".-")
        return LogLine(
            number=number, text=f"{process} | {clean}" if process else clean, level=level
        )


def _read(source: Iterator[Written], waiting: queue.Queue[Written], over: threading.Event) -> None:
    for line in source:
        while not over.is_set():
            try:
                waiting.put(line, timeout=EVERY)
            except queue.Full:
                continue
            break
