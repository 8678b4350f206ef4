"""Python rows to Arrow: exact, by column, each value checked against the type it goes into."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from phlo.errors.rows import ValuesDoNotFit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

#: Types whose values pyarrow takes as they are.
_PLAIN = (type(None), bool, int, float, str, bytes, date, datetime, dict, list)
#: Types that one column may have together: nothing is lost in the wider one.
_MIXTURES = ({int, float}, {int, Decimal})


def table_of_rows(
    rows: Sequence[Mapping[str, Any]], known: Mapping[str, pa.DataType], *, first_row: int = 0
) -> pa.Table:
    """Return rows as an Arrow table with the union of their columns; a missing key is NULL.

    Args:
        rows: Mappings of column names to values.
        known: Types of columns where they are known already: values go into them if that is exact.
        first_row: The number of the first row within the load, for messages.

    Raises:
        ValuesDoNotFit: A column's values are of several types, or of one that Arrow does not know.
    """
    import pyarrow as pa

    names = _names(rows)
    arrays = []
    for name in names:
        values = [row.get(name) for row in rows]
        arrays.append(_array(values, known.get(name), name, first_row))
    return pa.Table.from_arrays(arrays, names=names)


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(rows[0])
    if set().union(*rows) != names.keys():
        for row in rows:
            names.update(dict.fromkeys(row))
    for name in names:
        if not isinstance(name, str):
            raise ValuesDoNotFit(str(name), f"the key {name!r} is no text")
    return list(names)


def _array(values: list[Any], kind: pa.DataType | None, name: str, first_row: int) -> pa.Array:
    import pyarrow as pa

    kinds = set(map(type, values))
    if not kinds <= set(_PLAIN):
        values = [_plain(value) for value in values]
        kinds = set(map(type, values))
    _refuse_mixtures(values, kinds, name, first_row)
    if kind is not None and _is_exact(kinds, kind):
        try:
            return pa.array(values, type=kind)
        except _refusals():
            pass  # the values say what they are below, and whoever knows the table says it is wrong
    return _inferred(values, name, first_row)


def _inferred(values: list[Any], name: str, first_row: int) -> pa.Array:
    import pyarrow as pa

    try:
        array = pa.array(values)
        if pa.types.is_decimal(array.type) and array.type.precision <= 38:
            # The digits of one chunk say nothing of the next one's.
            array = array.cast(pa.decimal128(38, array.type.scale))
    except _refusals() as error:
        row = first_row + _culprit(values)
        raise ValuesDoNotFit(name, str(error).splitlines()[0], row=row) from None
    return array


def _is_exact(kinds: set[type], kind: pa.DataType) -> bool:
    """Whether pyarrow, told this type, takes such values as they are.

    It would cut a float to an int, a time to a date and an offset off a time without a word.
    """
    import pyarrow.types as t

    if t.is_integer(kind):
        return float not in kinds
    if t.is_date(kind):
        return datetime not in kinds
    if t.is_decimal(kind):
        return float not in kinds
    return not (t.is_timestamp(kind) or t.is_nested(kind))


def _refuse_mixtures(values: list[Any], kinds: set[type], name: str, first_row: int) -> None:
    """Refuse values of several types, which pyarrow would in part bend to the first one's."""
    found = kinds - {type(None)}
    if len(found) > 1 and found not in _MIXTURES:
        first = next(type(value) for value in values if value is not None)
        row = next(n for n, v in enumerate(values) if v is not None and type(v) is not first)
        problem = f"{values[row]!r} is a {type(values[row]).__name__}, after a {first.__name__}"
        raise ValuesDoNotFit(name, problem, row=first_row + row)
    if datetime in found:
        zones = {value.tzinfo is None for value in values if value is not None}
        if len(zones) > 1:
            raise ValuesDoNotFit(name, "times with and without a time zone are mixed")


def _plain(value: Any) -> Any:
    """Return a value as one of the types pyarrow knows."""
    if isinstance(value, _PLAIN) and not isinstance(value, enum.Enum):
        return value if type(value) in _PLAIN else _base(value)
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, (uuid.UUID, PurePath)):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return [_plain(item) for item in value]
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if type(value).__module__ == "numpy":
        return value.tolist()  # a scalar as Python's own, an array as a list
    return value


def _base(value: Any) -> Any:
    """Return a value of a subclass as its base: pandas' Timestamp as a datetime, NaT as None."""
    if isinstance(value, datetime):
        if value != value:
            return None
        to_python = getattr(value, "to_pydatetime", None)
        return to_python() if to_python else value
    return value


def _culprit(values: list[Any]) -> int:
    """Return the first row without which Arrow takes those before it."""
    import pyarrow as pa

    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            pa.array(values[:middle])
            low = middle
        except _refusals():
            high = middle
    return low


def _refusals() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return (pa.ArrowException, TypeError, ValueError, OverflowError)
