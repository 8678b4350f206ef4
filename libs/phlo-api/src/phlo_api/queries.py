"""All queries of the last hour: how many run at once, and how much of the disk they take."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING

from phlo.lakehouse.query import read_only_statement
from phlo_api.errors import NotThere, TooMany
from phlo_api.running import RunningQuery

if TYPE_CHECKING:
    from phlo.open_engine import EngineInfo
    from phlo_api.workspace import Workspace

#: A result that nobody looked at for so long is dropped, in seconds.
KEPT_FOR = 3600.0
#: So many results are kept at most.
KEPT = 50


class Queries:
    """Starts, finds, cancels and forgets queries."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.root / ".phlo" / "state" / "queries"
        self._known: dict[str, RunningQuery] = {}
        self._lock = threading.Lock()
        # What an earlier process left belongs to queries that nobody can name any more.
        shutil.rmtree(self._folder, ignore_errors=True)

    def engines(self) -> tuple[EngineInfo, ...]:
        """Return every engine of the project, the one that is used by itself first."""
        return self._workspace.project.engines.all()

    def start(self, sql: str, ref: str, engine_name: str | None = None) -> RunningQuery:
        """Check a statement, start it and return at once.

        Raises:
            NoQueryEngine: The project has no engine of that name.
            NotReadOnly: It does more than read.
            QueryFailed: It cannot be understood.
            UnknownRef: There is no such ref.
            TooMany: Too many run already.
        """
        settings = self._workspace.settings
        engine = self._workspace.project.engine(engine_name)
        read_only_statement(sql, engine.dialect)
        self._workspace.locations(ref)
        query = RunningQuery(
            sql, ref, engine, self._workspace.lake, self._folder, max_rows=settings.max_rows
        )
        with self._lock:
            running = sum(not one.is_over.is_set() for one in self._known.values())
            if running >= settings.max_queries:
                raise TooMany(settings.max_queries)
            self._known[query.id] = query
        query.start(self._tidy)
        return query

    def get(self, query_id: str) -> RunningQuery:
        """Return a query.

        Raises:
            NotThere: It is not known (any more).
        """
        with self._lock:
            found = self._known.get(query_id)
        if found is None:
            raise NotThere("query", query_id, fix="run it again: results are kept for an hour")
        found.used = time.monotonic()
        return found

    def all(self) -> list[RunningQuery]:
        """Return all queries, the newest first."""
        with self._lock:
            return sorted(self._known.values(), key=lambda one: one.started_at, reverse=True)

    def close(self) -> None:
        """Cancel what runs and delete all rows."""
        for query in self.all():
            query.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tidy(self) -> None:
        """Forget what is old, and the least used when there is too much."""
        limit = self._workspace.settings.max_bytes
        with self._lock:
            over = [one for one in self._known.values() if one.is_over.is_set()]
            over.sort(key=lambda one: one.used, reverse=True)
            total = 0
            for number, query in enumerate(over):
                total += query.spool.bytes if query.spool else 0
                is_old = time.monotonic() - query.used > KEPT_FOR
                if number and (is_old or number >= KEPT or total > limit):
                    del self._known[query.id]
                    query.remove()
