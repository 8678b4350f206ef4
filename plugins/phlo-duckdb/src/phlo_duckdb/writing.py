"""A session that writes: DuckDB attached to the lake's own Iceberg REST catalog, for its time."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from phlo.lakehouse.rest.server import serve
from phlo.lakehouse.sql import CATALOG
from phlo_duckdb.base import Session
from phlo_duckdb.bucket import give_keys
from phlo_duckdb.extensions import load

if TYPE_CHECKING:
    import duckdb

    from phlo.lakehouse.lake import Lake

#: `USE lake` wants a schema, and there may be none yet; nothing is ever made in this one.
_NO_SCHEMA = "no_schema_is_chosen"


class WritingSession(Session):
    """A connection that may do all to the tables of one ref, and to files of this machine.

    A statement, or all between BEGIN and COMMIT, is one commit of all tables it changes.
    """

    def __init__(self, lake: Lake, *, ref: str, memory_limit: str | None) -> None:
        lake.create()
        lake.catalog.require(ref, writable=True)
        self._ref = ref
        self._served = ExitStack()
        try:
            super().__init__(lake, memory_limit=memory_limit)
        except BaseException:
            self._served.close()
            raise

    def close(self) -> None:
        """Give the connection back, and serve no longer."""
        try:
            super().close()
        finally:
            self._served.close()

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        load(connection)
        give_keys(connection, self._lake)
        served = self._served.enter_context(serve(self._lake, self._ref))
        connection.execute(f"CREATE SECRET phlo_catalog (TYPE iceberg, TOKEN '{served.token}')")
        connection.execute(
            f"ATTACH 'main' AS {CATALOG} (TYPE iceberg, ENDPOINT '{served.url}',"
            f" SECRET phlo_catalog, DEFAULT_SCHEMA '{_NO_SCHEMA}', ACCESS_DELEGATION_MODE 'none')"
        )
        connection.execute(f"USE {CATALOG}")
