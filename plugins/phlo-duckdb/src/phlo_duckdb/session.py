"""One session: a locked DuckDB that knows the tables a statement names, and nothing else."""

from __future__ import annotations

import shutil
import threading
import uuid
from typing import TYPE_CHECKING

from phlo.errors.data import QueryCancelled, QueryFailed, UnknownSnapshot, UnknownTable
from phlo.lakehouse.sql import CATALOG, SYSTEM_SCHEMAS, read_only_statement, tables_of
from phlo_duckdb.errors import translated
from phlo_duckdb.extensions import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import duckdb
    import pyarrow as pa

    from phlo.lakehouse.lake import Lake


class DuckDBSession:
    """A connection to the tables of one ref, as they were when they were first named.

    One statement runs at a time; `cancel` and `progress` may be called from other threads.
    """

    def __init__(
        self,
        lake: Lake,
        *,
        ref: str,
        read_only: bool,
        memory_limit: str | None,
        snapshots: Mapping[str, int],
    ) -> None:
        self._lake, self._ref, self._read_only = lake, ref, read_only
        self._snapshots = {name.removeprefix(f"{CATALOG}."): id for name, id in snapshots.items()}
        # Fixed here, so that all statements of a session see the same state of every table.
        self._locations = lake.locations(ref)
        self._views: set[str] = set()
        self._cancelled = threading.Event()
        self._is_closed = False
        self._temporary = lake.temporary / f"duckdb-{uuid.uuid4().hex}"
        self._connection = self._open(memory_limit)

    def __enter__(self) -> DuckDBSession:
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

        if self._read_only:
            self._refuse_more_than_reading(sql)
        self._make_views(sql)
        self._raise_if_cancelled()
        try:
            reader = self._connection.execute(sql).to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise translated(error, sql) from None
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
            if self._locations:
                load(connection)
            connection.execute("SET errors_as_json = true")
            # A day begins at the same moment on every machine, whatever zone it is set to.
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
            connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
            connection.execute(f"USE {CATALOG}")
            if self._read_only:
                folder = str(self._lake.warehouse).replace("'", "''")
                connection.execute(f"SET allowed_directories = ['{folder}']")
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_more_than_reading(self, sql: str) -> None:
        import duckdb

        try:
            read_only_statement(sql, "duckdb")
        except QueryFailed:
            # Of what is wrong with a statement DuckDB knows more, if it is wrong for DuckDB, too.
            try:
                self._connection.extract_statements(sql)
            except duckdb.Error as error:
                raise translated(error, sql) from None
            raise

    def _make_views(self, sql: str) -> None:
        """Make a view on each table that the statement names, the first time it is named."""
        for table in self._named(sql):
            if table not in self._locations:
                raise UnknownTable(table, known=self._locations, ref=self._ref)
            if table not in self._views:
                self._make_view(table)
                self._views.add(table)

    def _named(self, sql: str) -> tuple[str, ...]:
        if not self._read_only:
            # What else it may do is its caller's business, and sqlglot need not understand it.
            lowered = sql.lower()
            return tuple(name for name in self._locations if name in lowered)
        first = sql.split()[0].lower()
        if first == "show" or any(schema in sql.lower() for schema in SYSTEM_SCHEMAS):
            return tuple(self._locations)
        return tables_of(sql, "duckdb")

    def _make_view(self, table: str) -> None:
        import duckdb

        namespace, _, name = table.partition(".")
        location = self._locations[table]
        scan = "'" + location.replace("'", "''") + "'"
        if table in self._snapshots:
            wanted = self._snapshots[table]
            if wanted not in {one.id for one in self._lake.snapshots_at(table, location)}:
                raise UnknownSnapshot(table, wanted)
            scan += f", snapshot_from_id => {wanted}"
        view = f'"{namespace}"."{name}"'
        try:
            self._connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{namespace}"')
            self._connection.execute(f"CREATE VIEW {view} AS SELECT * FROM iceberg_scan({scan})")
        except duckdb.Error as error:
            raise translated(error, None, table=table, location=location) from None

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
                raise translated(error, sql) from None
            yield batch

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise QueryCancelled
