"""Values of tables as JSON: nothing is rounded, so int64 and decimal are strings."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from phlo_api.models.queries import QueryColumn

if TYPE_CHECKING:
    import pyarrow as pa

#: The largest integer that JavaScript can hold exactly.
_SAFE = 2**53 - 1


def columns_of(schema: pa.Schema) -> list[QueryColumn]:
    """Return the columns of a result."""
    return [
        QueryColumn(
            name=field.name,
            type=words(field.type),
            arrow_type=str(field.type),
            nullable=field.nullable,
        )
        for field in schema
    ]


def rows_of(table: pa.Table) -> list[list[Any]]:
    """Return the rows of a table; columns of the same name are kept apart."""
    exact = [_is_exact(field.type) for field in table.schema]
    columns = [
        [plain(value, as_text=text) for value in column.to_pylist()]
        for column, text in zip(table.columns, exact, strict=True)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def plain(value: Any, *, as_text: bool = False) -> Any:
    """Return a value as JSON can hold it.

    Args:
        value: The value.
        as_text: Write an integer as a string, however small it is.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value) if as_text or abs(value) > _SAFE else value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return _structured(value)


def _structured(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return str(value)


def words(kind: pa.DataType) -> str:
    """Return the name of a type as SQL has it."""
    import pyarrow.types as t

    if t.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamp with time zone"
    for matches, name in (
        (t.is_int8, "tinyint"),
        (t.is_int16, "smallint"),
        (t.is_int32, "integer"),
        (t.is_int64, "bigint"),
        (t.is_float32, "real"),
        (t.is_float64, "double"),
        (t.is_boolean, "boolean"),
        (t.is_date, "date"),
        (t.is_string, "varchar"),
        (t.is_large_string, "varchar"),
    ):
        if matches(kind):
            return name
    return str(kind)


def _is_exact(kind: pa.DataType) -> bool:
    import pyarrow.types as t

    return bool(t.is_int64(kind) or t.is_uint64(kind))


def for_browser(table: pa.Table) -> pa.Table:
    """Return a table in types that Arrow's JavaScript reads: the others become text."""
    columns = [_readable(column) for column in table.columns]
    import pyarrow as pa

    schema = pa.schema(
        [pa.field(f.name, c.type) for f, c in zip(table.schema, columns, strict=True)]
    )
    return pa.Table.from_arrays(columns, schema=schema)


def _readable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.types as t

    kind = column.type
    if t.is_dictionary(kind):
        return column.cast(kind.value_type)
    odd = (t.is_interval, t.is_decimal256, t.is_duration, t.is_time, t.is_decimal)
    if any(matches(kind) for matches in odd) or "view" in str(kind):
        texts = [None if v is None else str(plain(v)) for v in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return column
