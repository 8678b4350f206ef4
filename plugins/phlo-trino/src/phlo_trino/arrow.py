"""Trino's types as Arrow's, and the rows of a page, which are JSON, as Arrow's columns."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # noqa: TID253 - this module is only imported to make Arrow's columns
import pyarrow.compute as pc  # noqa: TID253

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Signature = dict[str, Any]

_PLAIN = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "varbinary": pa.binary(),
    "date": pa.date32(),
    "unknown": pa.null(),
}


def schema_of(columns: Sequence[Signature]) -> pa.Schema:
    """Return the columns of a result as Arrow's schema."""
    return pa.schema([(one["name"], type_of(one["typeSignature"])) for one in columns])


def type_of(signature: Signature) -> pa.DataType:
    """Return a type; what Arrow has no type for is text."""
    name, given = signature["rawType"], [one["value"] for one in signature["arguments"]]
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "decimal":
        return pa.decimal128(*given)
    if name == "timestamp":
        return pa.timestamp(_unit(given))
    if name == "timestamp with time zone":
        return pa.timestamp(_unit(given), "UTC")
    if name == "time":
        return pa.time64(_unit(given))
    if name == "array":
        return pa.list_(type_of(given[0]))
    if name == "map":
        return pa.map_(type_of(given[0]), type_of(given[1]))
    if name == "row":
        return pa.struct([_field(one, number) for number, one in enumerate(given)])
    return pa.string()


def column(values: list[Any], wanted: pa.DataType) -> pa.Array:
    """Return the values of one column, as JSON holds them, as an array of a type."""
    for is_such, make in _MAKERS:
        if is_such(wanted):
            return make(values, wanted)
    return pa.array(values, wanted)


def batch(rows: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Return the rows of a page."""
    columns = zip(*rows, strict=True)
    arrays = [column(list(v), f.type) for v, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _unit(precision: Sequence[int]) -> str:
    return "ns" if precision and precision[0] > 6 else "us"


def _field(named: dict[str, Any], number: int) -> pa.Field:
    name = (named.get("fieldName") or {}).get("name") or f"field{number}"
    return pa.field(name, type_of(named["typeSignature"]))


def _floats(values: list[Any], wanted: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # JSON has no NaN, so that comes as a text
        return pa.array([None if v is None else float(v) for v in values], wanted)


def _binary(values: list[Any], wanted: pa.DataType) -> pa.Array:
    return pa.array([None if v is None else b64decode(v) for v in values], wanted)


def _texts(values: list[Any], wanted: pa.DataType) -> pa.Array:
    return pa.array(values, pa.string()).cast(wanted)


def _times(values: list[Any], wanted: pa.DataType) -> pa.Array:
    digits = 9 if wanted.unit == "ns" else 6
    found = [None if v is None else _since_midnight(v, digits) for v in values]
    return pa.array(found, pa.int64()).cast(wanted)


def _since_midnight(text: str, digits: int) -> int:
    clock, _, fraction = text.partition(".")
    hours, minutes, seconds = map(int, clock.split(":"))
    whole: int = (hours * 60 + minutes) * 60 + seconds
    return whole * int(10**digits) + int(fraction.ljust(digits, "0")[:digits] or 0)


def _timestamps(values: list[Any], wanted: pa.DataType) -> pa.Array:
    texts = pa.array(values, pa.string())
    if wanted.tz is None:
        return texts.cast(wanted)
    if not pc.all(pc.ends_with(texts, " UTC"), min_count=0).as_py():
        return pa.array([None if v is None else _in_utc(v) for v in values], wanted)
    plain = pc.utf8_slice_codeunits(texts, 0, -len(" UTC"))
    return plain.cast(pa.timestamp(wanted.unit)).cast(wanted)


def _in_utc(text: str) -> datetime:
    local, _, zone = text.rpartition(" ")
    if zone[:1] in "+-":
        return datetime.fromisoformat(f"{local}{zone}").astimezone(UTC)
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _lists(values: list[Any], wanted: pa.DataType) -> pa.Array:
    items = column([item for v in values if v is not None for item in v], wanted.value_type)
    return pa.ListArray.from_arrays(_offsets(values), items, type=wanted)


def _maps(values: list[Any], wanted: pa.DataType) -> pa.Array:
    names = [name for v in values if v is not None for name in v]
    # JSON's names are texts, whatever the keys are.
    keys = _keys(names, wanted.key_type)
    items = column([item for v in values if v is not None for item in v.values()], wanted.item_type)
    return pa.MapArray.from_arrays(_offsets(values), keys, items, type=wanted)


def _keys(names: list[str], wanted: pa.DataType) -> pa.Array:
    is_number = pa.types.is_integer(wanted) or pa.types.is_boolean(wanted)
    return _texts(names, wanted) if is_number else column(list(names), wanted)


def _offsets(values: list[Any]) -> pa.Array:
    """Return where each list begins; a null where there is none."""
    at, found = 0, []
    for value in values:
        found.append(None if value is None else at)
        at += 0 if value is None else len(value)
    return pa.array([*found, at], pa.int32())


def _structs(values: list[Any], wanted: pa.DataType) -> pa.Array:
    parts = [
        column([None if v is None else v[number] for v in values], wanted.field(number).type)
        for number in range(wanted.num_fields)
    ]
    mask = pa.array([v is None for v in values], pa.bool_())
    return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=mask)


_MAKERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[..., pa.Array]], ...] = (
    (pa.types.is_floating, _floats),
    (pa.types.is_binary, _binary),
    (pa.types.is_timestamp, _timestamps),
    (pa.types.is_decimal, _texts),
    (pa.types.is_date, _texts),
    (pa.types.is_time, _times),
    (pa.types.is_map, _maps),
    (pa.types.is_list, _lists),
    (pa.types.is_struct, _structs),
)
