"""Reading the lake in a step: on the step's branch, at the snapshots that its run fixed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from phlo.orchestration.translate import quoted_in, translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import pyarrow as pa

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.orchestration.interrupts import Interrupts


class LakeReader:
    """Tables and queries on one ref; sessions are closed when the block ends.

    Args:
        lake: The lake.
        engine: What runs the SQL.
        ref: The branch to read.
        snapshots: Tables that are read as they were then.
        interrupts: What stops a statement from outside.
        dialect: What functions write their SQL in, whatever runs it.
    """

    def __init__(
        self,
        lake: Lake,
        engine: QueryEngine,
        ref: str,
        snapshots: Mapping[str, int] | None = None,
        interrupts: Interrupts | None = None,
        dialect: str = "duckdb",
    ) -> None:
        self.lake, self.engine, self.ref, self.dialect = lake, engine, ref, dialect
        self.snapshots = dict(snapshots or {})
        self._interrupts = interrupts
        self._open = ExitStack()

    def __enter__(self) -> LakeReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pa.RecordBatchReader:
        """Return a table's rows as they are read (see `phlo.assets.table.TableReader`)."""
        # Only a condition was written by somebody, in a dialect.
        dialect = self.dialect if where else self.engine.dialect
        names = ", ".join(quoted_in(column, dialect) for column in columns or ()) or "*"
        clause = f" WHERE {where}" if where else ""
        sql = f"SELECT {names} FROM {self.name_of(table, dialect)}{clause}"
        return self.stream(sql, dialect, f"where of {table}")

    @staticmethod
    def name_of(table: str, dialect: str) -> str:
        """Return a table as a dialect writes it."""
        return ".".join(quoted_in(part, dialect) for part in table.split("."))

    def stream(self, sql: str, dialect: str, file: str) -> pa.RecordBatchReader:
        """Return the rows of a query as they come.

        Args:
            sql: The query.
            dialect: What it is written in.
            file: Where it is written, for messages.

        Raises:
            NotTranslatable: The engine has no word for a part of it.
        """
        sql = translate(sql, file, dialect, self.engine.dialect)
        session = self._open.enter_context(
            self.engine.connect(self.lake, ref=self.ref, snapshots=self.snapshots)
        )
        if self._interrupts is not None:
            self._open.enter_context(self._interrupts.stopping(session.cancel))
        return session.stream(sql)
