"""Tables to data files: gathered until a file is full, two written at a time."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from phlo.lakehouse.catalog import refusals_told
from phlo.lakehouse.table import TARGET_FILE_BYTES, TARGET_FILE_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import pyarrow as pa
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile

    from phlo.lakehouse.write.target import Target

_THREADS = 2
#: A partitioned table splits what is gathered, so it gathers more before it writes.
_PARTITIONED_FACTOR = 4
_BLOCK_BYTES = 1024 * 1024


class DataFiles:
    """The files a write makes; until they are kept, leaving the block deletes them.

    with DataFiles(target) as files:
        files.add(rows)
        target.append(files.finish(), {})
        files.keep()
    """

    def __init__(self, target: Target, progress: Callable[[int, int], None] | None = None) -> None:
        self.target = target
        self.rows = self.bytes = 0
        self._progress = progress
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._write_id, self._counter = uuid.uuid4(), itertools.count()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="phlo-write")
        self._running: deque[Future[list[DataFile]]] = deque()
        self._written: list[DataFile] = []
        self._is_kept = False

    def __enter__(self) -> DataFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for future in self._running:
            with suppress(Exception):
                self._written += future.result()
        self._running.clear()
        self._pool.shutdown()
        if not self._is_kept:
            for file in self._written:
                with suppress(OSError):
                    self.target.io.delete(file.file_path)

    def add(self, rows: pa.Table) -> None:
        """Take rows; whole files of them are written in the background."""
        if not rows.num_rows:
            return
        if self._waiting and not self._waiting[0].schema.equals(rows.schema):
            self._write()
        spread = 1 if self.target.metadata.spec().is_unpartitioned() else _PARTITIONED_FACTOR
        limit = TARGET_FILE_ROWS * spread
        for start in range(0, rows.num_rows, limit):
            part = rows.slice(start, limit)
            self._waiting.append(part)
            self._waiting_rows += part.num_rows
            self._waiting_bytes += part.nbytes
            if self._waiting_rows >= limit or self._waiting_bytes >= TARGET_FILE_BYTES * spread:
                self._write()

    def finish(self) -> list[DataFile]:
        """Write what is left and return all files."""
        self._write()
        while self._running:
            self._collect()
        return self._written

    def keep(self) -> None:
        """Say that a commit names the files now."""
        self._is_kept = True

    def _write(self) -> None:
        import pyarrow as pa

        from phlo.lakehouse.iceberg_internals import write_data_files

        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting)
        # A replacement may have taken columns away since these rows came.
        names = set(self.target.column_names())
        rows = rows.select([name for name in rows.column_names if name in names])
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
        if keys := self.target.sort_keys():
            rows = rows.sort_by(keys)
        # Not more than one waits while two are written, so that memory stays bounded.
        while len(self._running) >= _THREADS:
            self._collect()
        self.rows += rows.num_rows
        metadata, io = self.target.metadata, self.target.io
        self._running.append(
            self._pool.submit(write_data_files, metadata, rows, io, self._write_id, self._counter)
        )

    def _collect(self) -> None:
        with refusals_told(self.target.lake.storage):
            files = self._running.popleft().result()
        self._written += files
        self.bytes += sum(file.file_size_in_bytes for file in files)
        if self._progress is not None:
            self._progress(self.rows, self.bytes)


def have_same_rows(io: FileIO, old: list[DataFile], new: list[DataFile]) -> bool:
    """Whether files are the same byte for byte, in whatever order.

    The writer makes the same file of the same rows, so that an overwrite which changes nothing is
    seen without reading them. Rows in another order are other files: then they are just replaced.
    """
    if sorted(map(_size, old)) != sorted(map(_size, new)):
        return False
    digest = partial(_digest, io)
    return sorted(map(digest, old)) == sorted(map(digest, new))


def _size(file: DataFile) -> tuple[int, int]:
    return file.file_size_in_bytes, file.record_count


def _digest(io: FileIO, file: DataFile) -> bytes:
    found = hashlib.sha256()
    with io.new_input(file.file_path).open() as stream:
        while block := stream.read(_BLOCK_BYTES):
            found.update(block)
    return found.digest()
