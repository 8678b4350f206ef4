"""Rows for other programs: CSV, JSON lines, Parquet, the Arrow stream; written as they come."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def write(reader: pa.RecordBatchReader, form: str, target: IO[bytes]) -> None:
    """Write rows in a form to a binary file, batch by batch."""
    _WRITERS[form](reader, target)


def _csv(reader: pa.RecordBatchReader, target: IO[bytes]) -> None:
    import csv
    import io

    from phlo.lakehouse.checks.found import json_safe

    # By Python's own writer: pyarrow's has no way to write lists and structs.
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    try:
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(reader.schema.names)
        for batch in reader:
            for row in batch.to_pylist():
                lines.writerow(_cell(json_safe(value)) for value in row.values())
    finally:
        text.detach()


def _json(reader: pa.RecordBatchReader, target: IO[bytes]) -> None:
    from phlo.lakehouse.checks.found import json_safe

    for batch in reader:
        for row in batch.to_pylist():
            value = {name: json_safe(item) for name, item in row.items()}
            target.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")


def _parquet(reader: pa.RecordBatchReader, target: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def _arrow(reader: pa.RecordBatchReader, target: IO[bytes]) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(target, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _cell(value: object) -> object:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else value


_WRITERS = {"csv": _csv, "json": _json, "parquet": _parquet, "arrow": _arrow}
