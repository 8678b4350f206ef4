"""A session that reads: a locked DuckDB that knows the tables a statement names, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.data import UnknownTable
from phlo.errors.queries import QueryFailed
from phlo.errors.refs import UnknownSnapshot
from phlo.lakehouse.bucket import Bucket
from phlo.lakehouse.sql import CATALOG, SYSTEM_SCHEMAS, read_only_statement, tables_of
from phlo_duckdb.base import Session
from phlo_duckdb.bucket import give_keys, quoted, readable
from phlo_duckdb.errors import is_of_http, message_of, translated
from phlo_duckdb.extensions import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from phlo.errors.data import DataError
    from phlo.lakehouse.lake import Lake


class DuckDBSession(Session):
    """A connection to the tables of one ref, as they were when the session began."""

    def __init__(
        self, lake: Lake, *, ref: str, memory_limit: str | None, snapshots: Mapping[str, int]
    ) -> None:
        self._ref = ref
        self._snapshots = {name.removeprefix(f"{CATALOG}."): id for name, id in snapshots.items()}
        # Fixed here, so that all statements of a session see the same state of every table.
        self._locations = lake.locations(ref)
        self._views: set[str] = set()
        super().__init__(lake, memory_limit=memory_limit)

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self._locations:
            load(connection)
            give_keys(connection, self._lake)
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"USE {CATALOG}")
        folders = ", ".join(map(quoted, readable(self._lake)))
        connection.execute(f"SET allowed_directories = [{folders}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")

    def _told(
        self, error: BaseException, sql: str | None, *, table: str = "", location: str = ""
    ) -> DataError:
        """Return DuckDB's error as phlo's; what the tables' bucket refuses is no fault of a query.

        Nothing else is read over HTTP here.
        """
        if isinstance(self._lake.storage, Bucket) and is_of_http(error):
            return self._lake.storage.refused(message_of(error))
        return super()._told(error, sql, table=table, location=location)

    def _before(self, sql: str) -> None:
        self._refuse_more_than_reading(sql)
        self._make_views(sql)

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
            raise self._told(error, None, table=table, location=location) from None
