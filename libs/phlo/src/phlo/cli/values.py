"""Values as people read them: sizes, times, and the rows of a table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from phlo.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa


def show_rows(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Print rows as a table; numbers are aligned right, NULL is nothing."""
    import pyarrow as pa

    types = pa.types
    numbers = [
        field.name
        for field in schema
        if types.is_integer(field.type) or types.is_floating(field.type)
        or types.is_decimal(field.type)
    ]  # fmt: skip
    rows = [
        [cell(value) for value in row.values()] for batch in batches for row in batch.to_pylist()
    ]
    output.table(schema.names, rows, right=numbers)


def cell(value: Any) -> str:
    """Return one value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def under(name: str, parent: str | None) -> str:
    """Return a name as it stands below the one it belongs to."""
    return f"└ {name}" if parent else name


def size(count: int | None) -> str:
    """Return a number of bytes: `12.3 MB`."""
    if count is None:
        return ""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def at(moment: datetime | str | None) -> str:
    """Return a time in the local zone: `2026-01-31 14:05:09`."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def took(start: str | None, end: str | None) -> str:
    """Return how long something took: `1.2 s`, `3 min 4 s`."""
    if start is None or end is None:
        return ""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
