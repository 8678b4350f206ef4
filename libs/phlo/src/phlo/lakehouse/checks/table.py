"""The table that checks look at: one snapshot, its columns, its statistics, and a session on it."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from phlo.errors.rows import UnknownColumn
from phlo.lakehouse.checks.compile import only, quoted_table
from phlo.lakehouse.checks.dialect import in_dialect

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine, QuerySession
    from phlo.lakehouse.tables import ColumnStatistics, TableDescription

#: Reading manifests brings pyiceberg, which takes longer than scanning so many rows.
_WORTH_MANIFESTS = 2_000_000


class CheckedTable:
    """One table on one ref, as it is when the checks begin."""

    def __init__(self, lake: Lake, engine: QueryEngine, table: str, ref: str) -> None:
        self.lake, self.engine, self.ref = lake, engine, ref
        self.about: TableDescription = lake.describe(table, ref)
        self.name = self.about.name
        self._session: QuerySession | None = None
        self._counts: dict[str | None, int] = {}
        self.counted: dict[str | None, int] = {}
        """How many rows satisfy a condition, of those that were counted together."""

    def close(self) -> None:
        """End the session, if any check needed one."""
        if self._session is not None:
            self._session.close()

    def require(self, *columns: str) -> None:
        """Refuse columns that the table does not have.

        Raises:
            UnknownColumn: One is not there.
        """
        known = [column.name for column in self.about.columns]
        for column in columns:
            if column not in known:
                raise UnknownColumn(column, said_by="the check", known=known, table=self.name)

    @property
    def is_in_process(self) -> bool:
        """Whether rows are at hand, and need not be sent by a server."""
        return self.engine.dialect == "duckdb"

    @cached_property
    def types(self) -> dict[str, str]:
        """The Iceberg types of the columns."""
        return {column.name: column.type for column in self.about.columns}

    def count_together(self, conditions: Iterable[str]) -> None:
        """Count the rows that satisfy each of some conditions, in one scan.

        A server takes longer to plan a query than to count once more in it.

        Raises:
            DataError: One of the conditions is wrong.
        """
        wanted = list(dict.fromkeys(conditions))
        counts = ", ".join(f"count(*) FILTER (WHERE {one})" for one in wanted)
        row = self.stream(f"SELECT {counts} FROM {quoted_table(self.name)}").read_all()
        found = (int(column[0].as_py()) for column in row.columns)
        self.counted.update(zip(wanted, found, strict=True))

    def type_of(self, column: str) -> str:
        """Return a column's Iceberg type."""
        return self.types[column]

    def count(self, where: str | None = None) -> int:
        """Return how many rows there are, of those that satisfy a condition."""
        if where not in self._counts:
            if where is None and not self._has_deletes:
                self._counts[None] = self.about.row_count
            elif where in self.counted:
                self._counts[where] = self.counted[where]
            else:
                sql = f"SELECT count(*) FROM {quoted_table(self.name)}{only(where)}"
                self._counts[where] = int(self.scalar(sql))
        return self._counts[where]

    def statistics(self, column: str) -> ColumnStatistics | None:
        """Return what the manifests say of a column, if asking them is cheaper than scanning."""
        if "pyiceberg" not in sys.modules and self.about.row_count < _WORTH_MANIFESTS:
            return None
        return self._statistics.get(column)

    def scalar(self, sql: str) -> Any:
        """Return the first value that a query gives."""
        return self.stream(sql).read_all().column(0)[0].as_py()

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """Return a query's rows; the session is opened by the first one."""
        if self._session is None:
            self._session = self.engine.connect(self.lake, ref=self.ref, snapshots=self._pin())
        return self._session.stream(self.in_dialect(sql))

    def in_dialect(self, sql: str) -> str:
        """Return SQL as the engine speaks it."""
        return in_dialect(sql, self.engine.dialect)

    def _pin(self) -> dict[str, int]:
        """Return the snapshot to read, if the table has moved since the checks began."""
        has_moved = self.lake.metadata_location(self.name, self.ref) != self.about.metadata_location
        if has_moved and self.about.snapshot_id is not None:
            return {self.name: self.about.snapshot_id}
        return {}

    @cached_property
    def _statistics(self) -> dict[str, ColumnStatistics]:
        return {column.name: column for column in self.lake.statistics(self.name, self.ref)}

    @cached_property
    def _has_deletes(self) -> bool:
        return self.lake.has_deletes(self.about)
