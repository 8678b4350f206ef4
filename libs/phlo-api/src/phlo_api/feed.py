"""Live events for browsers: the store's, as they come, and what the services do.

SQLite tells by `PRAGMA data_version` whether another process wrote, without reading anything, so
waiting costs next to nothing; and nothing at all while no browser listens.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from phlo.orchestration.store_file import FILE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from phlo_api.workspace import Workspace

#: How often the store is asked whether anything was written, in seconds.
EVERY = 0.25
HEARTBEAT = 15.0
#: How often the services are asked how they are, in seconds.
SERVICES_EVERY = 3.0
#: A browser that was away for longer than so many events reads everything anew.
REPLAYED = 10_000


class Feed:
    """One stream of events for each listener, all fed by one look at the store."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def stream(
        self, after: int | None, *, max_seconds: float | None = None
    ) -> AsyncIterator[str]:
        """Yield events as `text/event-stream` has them, without end.

        Args:
            after: The last event that the listener has; None for only what comes.
            max_seconds: End after so long.
        """
        loop = asyncio.get_running_loop()
        end = None if max_seconds is None else loop.time() + max_seconds
        last = await asyncio.to_thread(self._last) if after is None else after
        yield f": phlo\nretry: 2000\n\n{_message('hello', {'last': last}, last)}"
        watch = _Watch(self._workspace.root / FILE)
        states: dict[str, str] = {}
        beat = services_at = loop.time()
        with closing(watch):
            while end is None or loop.time() < end:
                if watch.has_changed():
                    async for text, seen in self._news(last):
                        last = seen
                        yield text
                        beat = loop.time()
                if loop.time() >= services_at:
                    services_at = loop.time() + SERVICES_EVERY
                    for text in await asyncio.to_thread(self._services, states):
                        yield text
                if loop.time() - beat > HEARTBEAT:
                    beat = loop.time()
                    yield ": beat\n\n"
                await asyncio.sleep(EVERY)

    async def _news(self, last: int) -> AsyncIterator[tuple[str, int]]:
        if (newest := await asyncio.to_thread(self._last)) - last > REPLAYED:
            last = newest
            yield _message("reset", {"last": last}, last), last
        while events := await asyncio.to_thread(self._events, last):
            for event in events:
                last = event.seq
                yield _message(event.type, event.as_json(), event.seq), last

    def _events(self, after: int) -> tuple[Any, ...]:
        try:
            return self._workspace.store.events(after=after, limit=500)
        except Exception:
            return ()  # the store's own pages say what is wrong with it

    def _last(self) -> int:
        try:
            return self._workspace.store.last_event()
        except Exception:
            return 0

    def _services(self, states: dict[str, str]) -> list[str]:
        reading = self._workspace.service_status()
        now = {one.name: str(one.state) for one in reading.value.services} if reading.value else {}
        changed = [name for name, state in now.items() if states.get(name, state) != state]
        states.update(now)
        return [_message("service.state", {"name": n, "state": now[n]}) for n in changed]


class _Watch:
    """Tells whether anybody wrote to the store since the last question."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    def has_changed(self) -> bool:
        try:
            if self._connection is None:
                uri = f"{self._file.as_uri()}?mode=ro"
                self._connection = sqlite3.connect(uri, uri=True, timeout=1)
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            self.close()
            return False
        seen, self._seen = self._seen, version
        return seen != version

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _message(kind: str, data: Any, number: int | None = None) -> str:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=str)}\n\n"
