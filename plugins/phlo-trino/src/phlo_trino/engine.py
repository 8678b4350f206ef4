"""The query engine: statements are sent to a Trino, their rows come back as Arrow."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from phlo.errors.queries import QueryFailed
from phlo.lakehouse.catalog import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QuerySession
    from phlo_trino.branches import Branches
    from phlo_trino.client import Server


class TrinoEngine:
    """A Trino, elsewhere.

    Args:
        properties: What this machine's programs are told of the service: `url`, with `service` its
            name, and with `folder` where its configuration is.
    """

    dialect = "trino"

    def __init__(self, properties: Mapping[str, str]) -> None:
        self._properties, self.name = properties, properties.get("service", "trino")

    def problem(self) -> str | None:
        """Return why it cannot be used now; None: it can."""
        return self._server.problem()

    def connect(
        self,
        lake: Lake,
        *,
        ref: str = MAIN,
        read_only: bool = True,
        memory_limit: str | None = None,
        snapshots: Mapping[str, int] | None = None,
    ) -> QuerySession:
        """Return a session on the tables of a ref; one that writes reads them as they are.

        Raises:
            UnknownRef: There is no such ref.
            QueryFailed: Snapshots were named for a session that writes.
        """
        from phlo_trino.session import TrinoSession

        if snapshots and not read_only:
            raise QueryFailed(
                "a session that writes reads tables as they are",
                fix="name the snapshot in the statement: from raw.orders for version as of 1",
            )
        if ref != MAIN or not read_only:
            lake.catalog.require(ref, writable=not read_only)
        return TrinoSession(
            self._server, self._branches, lake, ref=ref, read_only=read_only,
            memory_limit=memory_limit, snapshots=snapshots or {},
        )  # fmt: skip

    @cached_property
    def _server(self) -> Server:
        from phlo_trino.client import Server

        return Server(self._properties["url"], self.name)

    @cached_property
    def _branches(self) -> Branches:
        from phlo_trino.branches import Branches

        return Branches(self._server, self._properties.get("folder"))
