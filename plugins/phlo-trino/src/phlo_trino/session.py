"""A session: one user, one ref, one statement at a time, its rows as they come."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from phlo.errors.data import UnknownTable
from phlo.errors.queries import QueryCancelled, QueryFailed
from phlo.errors.refs import UnknownSnapshot
from phlo.lakehouse.sql import CATALOG, read_only_statement, tables_of
from phlo_trino.errors import LOST, NOT_FOUND, translated
from phlo_trino.statement import on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import pyarrow as pa

    from phlo.errors.data import DataError
    from phlo.lakehouse.lake import Lake
    from phlo_trino.branches import Branches
    from phlo_trino.client import Page, Server
    from phlo_trino.statement import Statement

#: Who may only read, and who may do everything (see rules.json).
READER, OWNER = "phlo_reader", "phlo"


class TrinoSession:
    """Statements on the tables of one ref, each as they are when it begins.

    One statement runs at a time; `cancel` and `progress` may be called from other threads.
    """

    def __init__(
        self,
        server: Server,
        branches: Branches,
        lake: Lake,
        *,
        ref: str,
        read_only: bool,
        memory_limit: str | None,
        snapshots: Mapping[str, int],
    ) -> None:
        self._server, self._branches, self._lake, self._ref = server, branches, lake, ref
        self._read_only = read_only
        self._snapshots = {name.removeprefix(f"{CATALOG}."): id for name, id in snapshots.items()}
        self._headers = {
            "X-Trino-User": READER if read_only else OWNER,
            "X-Trino-Source": "phlo",
            "X-Trino-Time-Zone": "UTC",
            # Else it would cut times to milliseconds.
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        if memory_limit:
            # What all nodes use is looked at once a second, what one uses when it takes it.
            limits = ("query_max_memory", "query_max_memory_per_node")
            self._headers["X-Trino-Session"] = ",".join(f"{n}={memory_limit}" for n in limits)
        self._is_checked = False
        self._cancelled = threading.Event()
        self._stats: dict[str, Any] = {}
        self._next: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def stream(self, sql: str, *, batch_rows: int = 65_536) -> pa.RecordBatchReader:
        """Run one statement and return its rows as they come (see `QuerySession.stream`)."""
        import pyarrow as pa

        from phlo_trino.arrow import schema_of

        if self._read_only:
            read_only_statement(sql, "trino")
        self._check_snapshots()
        catalog = self._catalog()
        statement = on(sql.strip().rstrip(";") if ";" in sql else sql, catalog, self._snapshots)
        pages = self._pages(statement, {**self._headers, "X-Trino-Catalog": catalog})
        first = next(page for page in pages if "columns" in page or "nextUri" not in page)
        schema = schema_of(first.get("columns") or _NO_ROWS)
        return pa.RecordBatchReader.from_batches(schema, _batches(first, pages, schema, batch_rows))

    def progress(self) -> float | None:
        """Return how much of the running statement is done; None while Trino cannot tell."""
        done = self._stats.get("progressPercentage")
        return None if done is None else float(done) / 100

    def cancel(self) -> None:
        """Stop the running statement, and every later one of this session."""
        self._cancelled.set()
        self._stop()

    def close(self) -> None:
        """Stop what still runs; a second call does nothing."""
        self._stop()

    def _stop(self) -> None:
        address, self._next = self._next, None
        if address is not None:
            self._server.cancel(address, self._headers)

    def _pages(self, statement: Statement, headers: Mapping[str, str]) -> Iterator[Page]:
        """Yield a statement's pages; one that lost a worker before its first row runs again."""
        is_again = has_rows = False
        pages = self._server.run(statement.text, headers)
        while True:
            self._raise_if_cancelled()
            page = next(pages, None)
            if page is None:
                return
            self._stats, self._next = page.get("stats") or {}, page.get("nextUri")
            has_rows = has_rows or bool(page.get("data"))
            error = page.get("error")
            if error is None:
                yield page
            elif not is_again and not has_rows and self._may_run_again(error):
                is_again = True
                pages = self._server.run(statement.text, headers)
            else:
                self._raise_if_cancelled()
                raise self._refusal(error, statement)

    def _may_run_again(self, error: dict[str, Any]) -> bool:
        """Put right what a statement failed for, and tell whether it is worth another try."""
        if error.get("errorName") == "CATALOG_NOT_FOUND":
            # Trino began anew, and knows nothing of the branch.
            self._branches.forget()
            self._catalog()
            return True
        return self._read_only and error.get("errorName") in LOST

    def _refusal(self, error: dict[str, Any], statement: Statement) -> DataError:
        if error.get("errorName") in NOT_FOUND:
            known = self._lake.locations(self._ref)
            for table in tables_of(statement.written, "trino"):
                if table not in known:
                    return UnknownTable(table, known=known, ref=self._ref)
        return translated(error, statement)

    def _catalog(self) -> str:
        return self._branches.catalog(self._lake, self._ref, read_only=self._read_only)

    def _check_snapshots(self) -> None:
        """Refuse a snapshot that its table does not have."""
        if self._is_checked or not self._snapshots:
            return
        known = self._lake.locations(self._ref)
        for table, wanted in self._snapshots.items():
            if table not in known:
                raise UnknownTable(table, known=known, ref=self._ref)
            if wanted not in {one.id for one in self._lake.snapshots_at(table, known[table])}:
                raise UnknownSnapshot(table, wanted)
        self._is_checked = True

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise QueryCancelled


#: What a statement without rows returns.
_NO_ROWS = [{"name": "rows", "typeSignature": {"rawType": "bigint", "arguments": []}}]


def _batches(
    first: Page, pages: Iterator[Page], schema: pa.Schema, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    from phlo_trino.arrow import batch

    if "columns" not in first:
        if (count := first.get("updateCount")) is not None:
            yield batch([[count]], schema)
        return
    page: Page | None = first
    while page is not None:
        rows = page.get("data") or []
        for start in range(0, len(rows), batch_rows):
            try:
                made = batch(rows[start : start + batch_rows], schema)
            except (ValueError, TypeError) as error:
                raise QueryFailed(f"a value does not fit into Arrow: {error}") from error
            yield made
        page = next(pages, None)
