"""The rows of one query on disk, as Arrow record batches: read by window, also while they come."""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class Spool:
    """A file of record batches, one after the other, and where each begins.

    One thread appends; any may read.
    """

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self.file, self.schema = file, schema
        self.rows = 0
        self.bytes = 0
        self._firsts: list[int] = []
        self._places: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)

    def append(self, batch: pa.RecordBatch) -> None:
        """Keep a batch."""
        data = batch.serialize()
        with self.file.open("ab") as output:
            output.write(data)
        with self._lock:
            self._firsts.append(self.rows)
            self._places.append((self.bytes, data.size))
            self.rows += batch.num_rows
            self.bytes += data.size

    def window(self, offset: int, limit: int) -> pa.Table:
        """Return rows from an offset on; fewer than asked for where there are no more."""
        import pyarrow as pa

        with self._lock:
            firsts, places, rows = list(self._firsts), list(self._places), self.rows
        end = min(offset + limit, rows)
        batches = []
        if offset < end:
            number = bisect_right(firsts, offset) - 1
            with self.file.open("rb") as source:
                while number < len(firsts) and firsts[number] < end:
                    place, size = places[number]
                    source.seek(place)
                    batch = pa.ipc.read_record_batch(pa.py_buffer(source.read(size)), self.schema)
                    start = max(0, offset - firsts[number])
                    batches.append(batch.slice(start, end - firsts[number] - start))
                    number += 1
        return pa.Table.from_batches(batches, self.schema)

    def remove(self) -> None:
        """Delete the file."""
        self.file.unlink(missing_ok=True)
