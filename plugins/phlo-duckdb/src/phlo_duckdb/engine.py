"""The query engine: one DuckDB in memory for each session, with views on the lake's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QuerySession


class DuckDBEngine:
    """DuckDB, reading Iceberg by its own extension: no pyiceberg on the way."""

    name = "duckdb"
    dialect = "duckdb"

    def connect(
        self,
        lake: Lake,
        *,
        ref: str = "main",
        read_only: bool = True,
        memory_limit: str | None = None,
        snapshots: Mapping[str, int] | None = None,
    ) -> QuerySession:
        """Return a session on the tables of a ref.

        Raises:
            UnknownRef: There is no such ref.
            EngineUnavailable: DuckDB's Iceberg extension is missing or does not fit.
        """
        from phlo_duckdb.session import DuckDBSession

        return DuckDBSession(
            lake, ref=ref, read_only=read_only, memory_limit=memory_limit, snapshots=snapshots or {}
        )
