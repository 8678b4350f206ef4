"""What every session is: a DuckDB in memory of its own, one statement at a time."""

from __future__ import annotations

import shutil
import threading
import uuid
from typing import TYPE_CHECKING

from phlo.errors.queries import QueryCancelled
from phlo_duckdb.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    import duckdb
    import pyarrow as pa

    from phlo.errors.data import DataError
    from phlo.lakehouse.lake import Lake


class Session:
    """One DuckDB; what it is attached to, a subclass says.

    One statement runs at a time; `cancel` and `progress` may be called from other threads.
    """

    def __init__(self, lake: Lake, *, memory_limit: str | None) -> None:
        self._lake = lake
        self._cancelled = threading.Event()
        self._is_closed = False
        self._temporary = lake.temporary / f"duckdb-{uuid.uuid4().hex}"
        self._connection = self._open(memory_limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def stream(self, sql: str, *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows as they come (see `QuerySession.stream`)."""
        import duckdb
        import pyarrow as pa

        self._before(sql)
        self._raise_if_cancelled()
        try:
            reader = self._connection.execute(sql).to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise self._told(error, sql) from None
        return pa.RecordBatchReader.from_batches(reader.schema, self._batches(reader, sql))

    def progress(self) -> float | None:
        """Return how much of the running statement is done; None when DuckDB cannot tell."""
        if self._is_closed:
            return None
        done = self._connection.query_progress()
        return done / 100 if done >= 0 else None

    def cancel(self) -> None:
        """Stop the running statement, and every later one of this session."""
        self._cancelled.set()
        if not self._is_closed:
            self._connection.interrupt()

    def close(self) -> None:
        """Give the connection and its temporary files back."""
        if not self._is_closed:
            self._is_closed = True
            self._connection.close()
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _before(self, sql: str) -> None:
        """Do what must be done before a statement runs; may refuse it."""

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give a new connection the tables, and take from it what it must not do."""
        raise NotImplementedError

    def _open(self, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
        import duckdb

        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",  # else a name could be a Python variable
                "temp_directory": str(self._temporary),
                **({"memory_limit": memory_limit} if memory_limit else {}),
            },
        )
        try:
            # A day begins at the same moment on every machine, whatever zone it is set to.
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET errors_as_json = true")
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
            self._attach(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _batches(self, reader: pa.RecordBatchReader, sql: str) -> Iterator[pa.RecordBatch]:
        import duckdb
        import pyarrow as pa

        while True:
            self._raise_if_cancelled()
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
                self._raise_if_cancelled()
                raise self._told(error, sql) from None
            yield batch

    def _told(
        self, error: BaseException, sql: str | None, *, table: str = "", location: str = ""
    ) -> DataError:
        """Return DuckDB's error as one of phlo's."""
        return translated(error, sql, table=table, location=location)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise QueryCancelled
