"""The service `trino`: a server that runs SQL over the project's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.query import QueryEngine


class TrinoService(ServicePlugin):
    """Query engine: Trino, in containers or as local processes."""

    package = "phlo_trino"

    def query_engine(self, properties: Mapping[str, str]) -> QueryEngine:
        """Return the engine; the server is asked by its first session."""
        from phlo_trino.engine import TrinoEngine

        return TrinoEngine(properties)
