"""What a query engine offers to phlo; an engine's package implements it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from phlo.lakehouse.sql import read_only_statement, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import pyarrow as pa

    from phlo.lakehouse.lake import Lake

__all__ = ["QueryEngine", "QuerySession", "read_only_statement", "tables_of"]


class QuerySession(Protocol):
    """One connection to the tables of one ref, closed when its block ends.

    with engine.connect(lake) as session:
        for batch in session.stream("select * from raw.orders"):
            ...
    """

    def stream(self, sql: str, *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows as they come.

        Raises:
            QueryFailed: With the line and column of the statement, where they are known.
            QueryCancelled: When `cancel` was called, here or while the rows are read.
            NotReadOnly: When the session only reads and the statement does more.
            UnknownTable: When the ref has no such table.
        """
        ...

    def progress(self) -> float | None:
        """Return how much of the running statement is done, from 0 to 1; None when unknown."""
        ...

    def cancel(self) -> None:
        """Stop the running statement; called from another thread."""
        ...

    def close(self) -> None:
        """Give everything back; a second call does nothing."""
        ...

    def __enter__(self) -> QuerySession: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class QueryEngine(Protocol):
    """Something that runs SQL over the lake's tables: DuckDB in this process, Trino elsewhere."""

    @property
    def name(self) -> str:
        """The engine's name, as in `phlo query --engine`."""
        ...

    @property
    def dialect(self) -> str:
        """The SQL it speaks, as sqlglot calls it."""
        ...

    def problem(self) -> str | None:
        """Return why it cannot be used now, such as a server that is down; None: it can.

        It is asked before each use, so it takes no longer than a look.
        """
        ...

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

        Args:
            lake: The lake whose tables are read.
            ref: The branch to read.
            read_only: Refuse every statement that does more than read.
            memory_limit: What the session may use, such as `2GB`.
            snapshots: Tables read as they were at a snapshot; the others are read as they are.
        """
        ...
