"""`phlo.Table`: a table of the lake as a function reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class TableReader(Protocol):
    """What reads a table's rows, on a ref and at a snapshot that a run has fixed."""

    def read(
        self, table: str, columns: Sequence[str] | None, where: str | None
    ) -> pa.RecordBatchReader:
        """Return the rows as they are read."""
        ...


class NeedsData(BaseException):
    """Raised by a table that has no data, to learn whether a function looks at it."""


class Table:
    """A table, read when it is asked for, as it was when the run began.

    def weather_impact(flights: phlo.Table):
        late = flights.scan(columns=["carrier", "dep_delay"], where="dep_delay > 60")
        return late.polars().group_by("carrier").len()
    """

    def __init__(
        self,
        name: str,
        reader: TableReader | None = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
    ) -> None:
        self.name = name
        self._reader = reader
        self._columns = tuple(columns) if columns is not None else None
        self._where = where

    def scan(self, columns: Sequence[str] | None = None, where: str | None = None) -> Table:
        """Return the same table with only these columns, and rows that satisfy a SQL condition."""
        both = [f"({part})" for part in (self._where, where) if part]
        return Table(
            self.name,
            self._reader,
            columns=columns if columns is not None else self._columns,
            where=" AND ".join(both) or None,
        )

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as an Arrow reader; memory is bounded by the batch."""
        if self._reader is None:
            raise NeedsData
        return self._reader.read(self.name, self._columns, self._where)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as Arrow batches; memory is bounded by the batch."""
        yield from self.reader()

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        return self.reader().read_all()

    def polars(self) -> pl.DataFrame:
        """Return all rows as a polars frame."""
        import polars

        frame = polars.from_arrow(self.arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def pandas(self) -> pd.DataFrame:
        """Return all rows as a pandas frame."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """Return the rows as a DuckDB relation of a connection of its own."""
        import duckdb

        return duckdb.connect().from_arrow(self.arrow())

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Let Arrow, polars and DuckDB read it directly."""
        return self.reader().__arrow_c_stream__(requested_schema)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<phlo.Table {self.name}>"
