"""One running query: a thread that takes the engine's rows to a spool."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING

from phlo.errors import PhloError
from phlo.errors.queries import QueryCancelled
from phlo_api import times
from phlo_api.models.base import Diagnostic, Fix, Place
from phlo_api.models.queries import Limit, Query, QueryState, QueryStats
from phlo_api.spool import Spool
from phlo_api.values import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine, QuerySession

#: The first rows are shown as soon as there are so many; later ones come in larger batches.
_FIRST_ROWS = 1_000
OVER = (QueryState.SUCCEEDED, QueryState.FAILED, QueryState.CANCELLED)


class RunningQuery:
    """A statement, its state and its rows.

    Args:
        sql: The statement.
        ref: The branch it reads.
        engine: What runs it.
        lake: The lake.
        file: Where its rows go.
        max_rows: It is ended, and says so, when it has more.
    """

    def __init__(
        self, sql: str, ref: str, engine: QueryEngine, lake: Lake, file: Path, *, max_rows: int
    ) -> None:
        self.id = uuid.uuid4().hex
        self.sql, self.ref = sql, ref
        self.state = QueryState.QUEUED
        self.spool: Spool | None = None
        self.started_at = times.now()
        self.ended_at: datetime | None = None
        self.used = time.monotonic()
        self.is_over = threading.Event()
        self._engine, self._lake, self._file = engine, lake, file / f"{self.id}.arrows"
        self._max_rows = max_rows
        self._cut = False
        self._error: Diagnostic | None = None
        self._session: QuerySession | None = None
        self._wants_end = threading.Event()

    def start(self, when_over: Callable[[], None]) -> None:
        """Begin in a thread of its own."""

        def work() -> None:
            try:
                self._work()
            finally:
                self.ended_at = times.now()
                self.is_over.set()
                when_over()

        threading.Thread(target=work, name=f"query-{self.id[:8]}", daemon=True).start()

    def cancel(self) -> None:
        """Stop it in the engine."""
        self._wants_end.set()
        if not self.is_over.is_set():
            self.state = QueryState.CANCELLING
        session = self._session
        if session is not None:
            session.cancel()

    def remove(self) -> None:
        """Delete its rows."""
        self.cancel()
        if self.spool is not None:
            self.spool.remove()

    def told(self) -> Query:
        """Return it as the API tells it."""
        spool = self.spool
        end = self.ended_at or times.now()
        return Query(
            id=self.id,
            state=self.state,
            sql=self.sql,
            ref=self.ref,
            engine=self._engine.name,
            started_at=self.started_at,
            ended_at=self.ended_at,
            stats=QueryStats(
                elapsed_ms=(end - self.started_at).total_seconds() * 1000,
                rows=spool.rows if spool else 0,
                bytes=spool.bytes if spool else 0,
                progress=self._progress(),
            ),
            columns=columns_of(spool.schema) if spool else [],
            row_count=spool.rows if spool else 0,
            complete=self.state is QueryState.SUCCEEDED and not self._cut,
            limit=Limit(applied=self._cut, reason=self._why_cut() if self._cut else None),
            error=self._error,
        )

    def _why_cut(self) -> str:
        return (
            f"only the first {self._max_rows:,} rows are kept here;"
            " for all of them use `phlo query --output`"
        )

    def _progress(self) -> float | None:
        if self.state is QueryState.SUCCEEDED:
            return 1.0
        session = self._session
        return session.progress() if session and self.state is QueryState.RUNNING else None

    def _work(self) -> None:
        try:
            with self._engine.connect(self._lake, ref=self.ref) as session:
                self._session = session
                if self._wants_end.is_set():
                    raise QueryCancelled
                self.state = QueryState.RUNNING
                self._take(session.stream(self.sql))
            self.state = QueryState.SUCCEEDED
        except QueryCancelled:
            self.state = QueryState.CANCELLED
        except PhloError as error:
            self._failed(error.message, error)
        except Exception as error:  # an engine's own fault must not leave the query running
            self._failed(f"{type(error).__name__}: {error}")
        finally:
            self._session = None
        if self._wants_end.is_set() and self.state is QueryState.FAILED:
            self.state = QueryState.CANCELLED

    def _take(self, reader: pa.RecordBatchReader) -> None:
        self.spool = spool = Spool(self._file, reader.schema)
        for batch in reader:
            for part in _parts(batch, spool.rows):
                if self._wants_end.is_set():
                    raise QueryCancelled
                room = self._max_rows - spool.rows
                spool.append(part.slice(0, room))
                if part.num_rows > room:
                    self._cut = True
                    return

    def _failed(self, message: str, error: PhloError | None = None) -> None:
        self.state = QueryState.FAILED
        where = error.where if error else None
        self._error = Diagnostic(
            code=error.code if error else "PHLO-N699",
            message=message,
            why=error.why if error else None,
            where=Place(file=where.file, line=where.line, column=where.column) if where else None,
            fix=[Fix(label=error.fix.text, command=error.fix.command)] if error else [],
        )


def _parts(batch: pa.RecordBatch, so_far: int) -> list[pa.RecordBatch]:
    """Return the first batch in two, so that there is something to show at once."""
    if so_far or batch.num_rows <= _FIRST_ROWS:
        return [batch] if batch.num_rows else []
    return [batch.slice(0, _FIRST_ROWS), batch.slice(_FIRST_ROWS)]
