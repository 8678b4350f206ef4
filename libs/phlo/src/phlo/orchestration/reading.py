"""Reading the lake in a step: on the step's branch, at the snapshots that its run fixed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from phlo.lakehouse.checks.compile import quoted, quoted_table

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
    """

    def __init__(
        self,
        lake: Lake,
        engine: QueryEngine,
        ref: str,
        snapshots: Mapping[str, int] | None = None,
        interrupts: Interrupts | None = None,
    ) -> None:
        self.lake, self.engine, self.ref = lake, engine, ref
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
        names = ", ".join(quoted(column) for column in columns) if columns else "*"
        clause = f" WHERE {where}" if where else ""
        return self.stream(f"SELECT {names} FROM {quoted_table(table)}{clause}")

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """Return the rows of a query in the engine's own SQL, as they come."""
        session = self._open.enter_context(
            self.engine.connect(self.lake, ref=self.ref, snapshots=self.snapshots)
        )
        if self._interrupts is not None:
            self._open.enter_context(self._interrupts.stopping(session.cancel))
        return session.stream(sql)
