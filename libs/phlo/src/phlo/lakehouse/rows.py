"""Whatever a function gave, as a stream of chunks: lists of mappings, or Arrow tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from phlo.errors.rows import NotRows
from phlo.model.sources import FileSource

if TYPE_CHECKING:
    import pyarrow as pa

#: So many rows are turned into Arrow at once.
CHUNK_ROWS = 100_000

Rows: TypeAlias = "list[Mapping[str, Any]]"
Chunk: TypeAlias = "Rows | pa.Table"


def chunks(data: Any, root: Path) -> Iterator[Chunk]:
    """Yield what was given, bit by bit, in its order.

    Args:
        data: Rows, frames, Arrow, files, or any iterable of those.
        root: The folder that paths are relative to.

    Raises:
        NotRows: Something among it is none of these.
    """
    if isinstance(data, str):
        data = FileSource(data)
    waiting: Rows = []
    for item in _items(data, root):
        if isinstance(item, Mapping):
            waiting.append(item)
            if len(waiting) >= CHUNK_ROWS:
                yield waiting
                waiting = []
            continue
        if waiting:
            yield waiting
            waiting = []
        yield item
    if waiting:
        yield waiting


def _items(data: Any, root: Path) -> Iterator[Mapping[str, Any] | pa.Table]:
    """Yield rows one by one, and whatever is columnar as tables."""
    if data is None:
        return
    # Before the rows: a source is a dataclass, too.
    if isinstance(data, (FileSource, Path)):
        from phlo.lakehouse.files import read_files  # reading files is one way of many

        source = data if isinstance(data, FileSource) else FileSource(str(data))
        for part in read_files(source, root):
            yield from part if isinstance(part, list) else (part,)
        return
    row = as_row(data)
    if row is not None:
        yield row
        return
    frames = _frames(data)
    if frames is not None:
        yield from frames
        return
    if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
        raise NotRows(_kind(data))
    for item in data:
        yield from _items(item, root)


def as_row(value: Any) -> Mapping[str, Any] | None:
    """Return a mapping, dataclass, pydantic object or named tuple as a mapping; else None."""
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(type(value), "model_fields") and hasattr(value, "model_dump"):
        return dict(value.model_dump())
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    return None


def _frames(data: Any) -> Iterator[pa.Table] | None:
    """Return a frame or something of Arrow as tables; None for all else."""
    module = type(data).__module__.partition(".")[0]
    if module == "pandas" and type(data).__name__ == "DataFrame":
        return iter([_from_pandas(data)])
    if module == "polars" and type(data).__name__ == "LazyFrame":
        data = data.collect()
    if module == "pyarrow" and hasattr(data, "read_next_batch"):
        return _batches(data)  # not by its C stream, which would make a text of what a query raises
    if module == "pyarrow" and hasattr(data, "to_batches") and not hasattr(data, "num_rows"):
        return _batches(data.to_batches())  # a dataset or a scanner
    if hasattr(data, "__arrow_c_stream__"):
        import pyarrow as pa

        return _batches(pa.RecordBatchReader.from_stream(data))
    if hasattr(data, "__arrow_c_array__"):
        import pyarrow as pa

        return iter([pa.Table.from_batches([pa.record_batch(data)])])
    return None


def _batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield batches together until they make a chunk; a reader may give them row by row."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= CHUNK_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _from_pandas(frame: Any) -> pa.Table:
    """Return a frame; named levels of its index are columns, an unnamed index is only a count.

    NaN is NULL, as pandas means it.
    """
    import pyarrow as pa

    named = [name for name in frame.index.names if name is not None]
    if named:
        frame = frame.reset_index(level=named)
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _kind(data: Any) -> str:
    kind = type(data)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
