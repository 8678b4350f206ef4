"""The query engine: one DuckDB in memory for each session, with views on the lake's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.queries import QueryFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QuerySession


class DuckDBEngine:
    """DuckDB, reading Iceberg by its own extension: no pyiceberg on the way."""

    name = "duckdb"
    dialect = "duckdb"

    def problem(self) -> str | None:
        """Return None: it is always at hand."""
        return None

    def connect(
        self,
        lake: Lake,
        *,
        ref: str = "main",
        read_only: bool = True,
        memory_limit: str | None = None,
        snapshots: Mapping[str, int] | None = None,
    ) -> QuerySession:
        """Return a session on the tables of a ref; one that writes reads them as they are.

        Raises:
            UnknownRef: There is no such ref.
            EngineUnavailable: DuckDB's Iceberg extension is missing or does not fit.
            QueryFailed: Snapshots were named for a session that writes.
        """
        if read_only:
            from phlo_duckdb.session import DuckDBSession

            return DuckDBSession(
                lake, ref=ref, memory_limit=memory_limit, snapshots=snapshots or {}
            )
        if snapshots:
            raise QueryFailed(
                "a session that writes reads tables as they are",
                fix="name the snapshot in the statement: from raw.orders at (version => 1)",
            )
        from phlo_duckdb.writing import WritingSession

        return WritingSession(lake, ref=ref, memory_limit=memory_limit)
