"""The service `duckdb`: nothing to start, a query engine in phlo's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.query import QueryEngine


class DuckDBService(ServicePlugin):
    """Query engine: DuckDB over the lake's Iceberg tables, in this process."""

    package = "phlo_duckdb"

    def query_engine(self, properties: Mapping[str, str]) -> QueryEngine:
        """Return the engine; DuckDB itself is loaded by its first session."""
        from phlo_duckdb.engine import DuckDBEngine

        return DuckDBEngine()
