"""The Arrow types that tables have, and which of two types holds the values of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.rows import UnsupportedType

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa


def settle(kind: pa.DataType, column: str) -> pa.DataType | None:
    """Return the type a table gives to values of a type; None while only NULLs are known.

    Raises:
        UnsupportedType: Tables have no such type.
    """
    import pyarrow as pa
    import pyarrow.types as t

    if t.is_null(kind):
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return pa.string() if _is_uuid(kind) else settle(kind.storage_type, column)
    if t.is_dictionary(kind) or t.is_run_end_encoded(kind):
        return settle(kind.value_type, column)
    return _nested(kind, column) if t.is_nested(kind) else _flat(kind, column)


def _flat(kind: pa.DataType, column: str) -> pa.DataType:
    import pyarrow as pa
    import pyarrow.types as t

    if t.is_integer(kind):
        fits = kind.bit_width < 32 or (kind.bit_width == 32 and t.is_signed_integer(kind))
        return pa.int32() if fits else pa.int64()
    if t.is_floating(kind):
        return pa.float64() if t.is_float64(kind) else pa.float32()
    if t.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if t.is_decimal(kind) and kind.precision <= 38:
        return pa.decimal128(kind.precision, kind.scale)
    if t.is_boolean(kind) or t.is_fixed_size_binary(kind):
        return kind
    families = (
        ((t.is_string, t.is_large_string, t.is_string_view), pa.string()),
        ((t.is_binary, t.is_large_binary, t.is_binary_view), pa.binary()),
        ((t.is_date,), pa.date32()),
        ((t.is_time,), pa.time64("us")),
    )
    for tests, result in families:
        if any(test(kind) for test in tests):
            return result
    raise UnsupportedType(column, str(kind), fix=_fix_for(kind))


def _nested(kind: pa.DataType, column: str) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as t

    if t.is_struct(kind):
        fields = [(f.name, settle(f.type, f"{column}.{f.name}")) for f in kind]
        known = [pa.field(name, inner) for name, inner in fields if inner is not None]
        return pa.struct(known) if known else None
    if t.is_map(kind):
        key, item = settle(kind.key_type, column), settle(kind.item_type, column)
        return None if key is None or item is None else pa.map_(key, item)
    if t.is_union(kind):
        raise UnsupportedType(column, str(kind), fix=_fix_for(kind))
    element = settle(kind.value_type, column)
    return None if element is None else pa.list_(pa.field("element", element))


def join(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    """Return the type that holds values of both, if a table may change `old` to it; else None.

    Values of the new type are kept as they are: an int goes into a double only if that is exact.
    """
    import pyarrow as pa
    import pyarrow.types as t

    if old.equals(new):
        return old
    if t.is_integer(old) and t.is_integer(new):
        return pa.int64()
    if t.is_floating(old) and (t.is_floating(new) or t.is_integer(new)):
        return pa.float64() if pa.float64() in (old, new) else old
    if t.is_decimal(old) and t.is_decimal(new):
        return _join_decimals(old, new)
    if t.is_timestamp(old) and t.is_date(new) and old.tz is None:
        return old
    if t.is_struct(old) and t.is_struct(new):
        return _join_structs(old, new)
    if t.is_list(old) and t.is_list(new):
        element = join(old.value_type, new.value_type)
        return None if element is None else pa.list_(pa.field("element", element))
    if t.is_map(old) and t.is_map(new) and old.key_type.equals(new.key_type):
        item = join(old.item_type, new.item_type)
        return None if item is None else pa.map_(old.key_type, item)
    return None


def widest(kinds: Iterable[pa.DataType]) -> pa.DataType:
    """Return a type that holds all of these values, where no table says what it has to be.

    Ints beside floats are doubles, dates beside times are times, all else together is text.
    """
    import pyarrow as pa
    import pyarrow.types as t

    found = list(kinds)
    result = found[0]
    for kind in found[1:]:
        joined = join(result, kind) or join(kind, result)
        if joined is None and t.is_integer(result) and t.is_floating(kind):
            joined = pa.float64()
        result = joined or pa.string()
    return result


def conform(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with these columns in this order; one that they lack is NULL."""
    import pyarrow as pa

    if rows.schema.equals(schema):
        return rows
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _join_decimals(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa

    if new.scale > old.scale:
        return None
    whole = max(old.precision - old.scale, new.precision - new.scale)
    precision = whole + old.scale
    return pa.decimal128(precision, old.scale) if precision <= 38 else None


def _join_structs(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa

    fields = {f.name: f.type for f in old}
    for field in new:
        joined = join(fields[field.name], field.type) if field.name in fields else field.type
        if joined is None:
            return None
        fields[field.name] = joined
    return pa.struct([pa.field(name, kind) for name, kind in fields.items()])


def _is_uuid(kind: pa.DataType) -> bool:
    return bool(getattr(kind, "extension_name", "") == "arrow.uuid")


def _fix_for(kind: pa.DataType) -> str:
    import pyarrow.types as t

    if t.is_duration(kind) or t.is_interval(kind):
        return "write durations as a number of seconds"
    if t.is_decimal(kind):
        return "a decimal has at most 38 digits: cast it to decimal(38, ...) or to text"
    return "cast the column to text, or to a type that tables have"
