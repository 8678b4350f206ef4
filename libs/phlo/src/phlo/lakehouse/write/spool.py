"""Incoming rows that have to be read more than once: in memory while few, else in a file."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING

from phlo.lakehouse.arrow_types import conform
from phlo.lakehouse.catalog import refusals_told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

#: So many bytes of incoming rows stay in memory.
MEMORY_BYTES = 256 * 1024 * 1024


class Spool:
    """Rows kept for a second look; what was spilled to the folder is gone when the block ends."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._parts: list[pa.Table] = []
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._maps: list[pa.MemoryMappedFile] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._parts, self._waiting = [], []
        for mapped in self._maps:
            mapped.close()

    def add(self, rows: pa.Table) -> None:
        """Take rows; their columns may grow from one call to the next."""
        self._waiting.append(rows)
        self.rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes >= MEMORY_BYTES:
            with refusals_told(self._folder):
                self._spill()

    def table(self, schema: pa.Schema) -> pa.Table:
        """Return all rows with these columns; rows on disk are mapped, not read."""
        import pyarrow as pa

        parts = [conform(part, schema) for part in (*self._parts, *self._waiting)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def _spill(self) -> None:
        import pyarrow as pa

        self._folder.mkdir(parents=True, exist_ok=True)
        for schema, tables in _by_schema(self._waiting):
            path = self._folder / f"{uuid.uuid4().hex}.arrow"
            try:
                with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
                    for table in tables:
                        writer.write_table(table)
                mapped = pa.memory_map(str(path))
            finally:
                # The mapping keeps the rows; without a name nothing is left behind by a kill.
                path.unlink(missing_ok=True)
            self._maps.append(mapped)
            self._parts.append(pa.ipc.open_file(mapped).read_all())
        self._waiting, self._bytes = [], 0


def _by_schema(tables: list[pa.Table]) -> Iterator[tuple[pa.Schema, list[pa.Table]]]:
    for schema, group in itertools.groupby(tables, key=lambda table: table.schema):
        yield schema, list(group)
