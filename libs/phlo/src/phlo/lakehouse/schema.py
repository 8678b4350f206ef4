"""Declared schemas: a `pyarrow.Schema`, names and types, a dataclass, a model."""

from __future__ import annotations

import dataclasses
import enum
import re
import types
import typing
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from phlo.errors.rows import BadSchema
from phlo.errors.suggest import did_you_mean
from phlo.lakehouse.arrow_types import settle

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Declared:
    """The columns that rows must have; a type of None is left to the data."""

    types: Mapping[str, pa.DataType | None]
    required: frozenset[str] = frozenset()


def declared(schema: Any) -> Declared | None:
    """Return what a declared schema says, whatever form it has.

    Raises:
        BadSchema: It has none of the forms, or names an unknown type.
    """
    import pyarrow as pa

    if schema is None:
        return None
    if isinstance(schema, pa.Schema):
        return Declared(
            {field.name: settle(field.type, field.name) for field in schema},
            frozenset(field.name for field in schema if not field.nullable),
        )
    if isinstance(schema, Mapping):
        return _from_mapping(schema)
    if isinstance(schema, type) and hasattr(schema, "to_schema"):
        return _from_pandera(schema.to_schema())
    if isinstance(schema, type):
        return _from_class(schema)
    if hasattr(schema, "columns") and hasattr(schema, "validate"):
        return _from_pandera(schema)
    raise BadSchema(
        f"it is a '{type(schema).__name__}'",
        fix="give a pyarrow.Schema, {'id': 'long'}, a dataclass, or a pydantic or pandera model",
    )


def named_type(text: str) -> pa.DataType:
    """Return the type of a name: `long`, `decimal(10, 2)`, `list<string>`.

    Raises:
        BadSchema: There is no such type.
    """
    import pyarrow as pa

    name = text.strip().lower()
    simple = _simple()
    if name in simple:
        return simple[name]
    if found := re.fullmatch(r"(?:decimal|numeric)\((\d+),\s*(\d+)\)", name):
        return pa.decimal128(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(?:list|array)<(.+)>", name):
        return pa.list_(pa.field("element", named_type(found[1])))
    if found := re.fullmatch(r"map<(\w+),\s*(.+)>", name):
        return pa.map_(named_type(found[1]), named_type(found[2]))
    raise BadSchema(
        f"there is no type '{text}'",
        fix=did_you_mean(name, simple)
        or f"use one of {', '.join(sorted(simple))}, decimal(p, s), list<type>, map<type, type>",
    )


def _simple() -> dict[str, pa.DataType]:
    import pyarrow as pa

    groups = {
        pa.bool_(): "boolean bool",
        pa.int32(): "int int32 integer",
        pa.int64(): "long int64 bigint",
        pa.float32(): "float float32 real",
        pa.float64(): "double float64",
        pa.string(): "string str text varchar",
        pa.binary(): "binary bytes blob",
        pa.date32(): "date",
        pa.time64("us"): "time",
        pa.timestamp("us"): "timestamp datetime",
        pa.timestamp("us", tz="UTC"): "timestamptz",
    }
    return {name: kind for kind, names in groups.items() for name in names.split()}


def _from_mapping(schema: Mapping[Any, Any]) -> Declared:
    import pyarrow as pa

    found: dict[str, pa.DataType | None] = {}
    for name, kind in schema.items():
        if isinstance(kind, pa.DataType):
            found[str(name)] = settle(kind, str(name))
        elif isinstance(kind, str):
            found[str(name)] = named_type(kind)
        else:
            found[str(name)] = _annotated(kind)
    return Declared(found)


def _from_class(schema: type) -> Declared:
    """Return the fields of a dataclass, pydantic model or typed dict; Optional ones may be NULL."""
    try:
        hints = typing.get_type_hints(schema)
    except NameError as error:
        raise BadSchema(f"'{schema.__name__}': {error}", fix="import what it names") from error
    if dataclasses.is_dataclass(schema):
        names = [field.name for field in dataclasses.fields(schema)]
    else:
        names = list(getattr(schema, "model_fields", hints))
    if not names:
        raise BadSchema(f"'{schema.__name__}' has no fields", fix="annotate its fields")
    return Declared(
        {name: _annotated(hints[name]) for name in names},
        frozenset(name for name in names if not _is_optional(hints[name])),
    )


def _annotated(hint: Any) -> pa.DataType | None:
    """Return the type of an annotation; None where only the values can tell (a union, Any)."""
    import pyarrow as pa

    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _annotated(arguments[0])
    if origin is typing.Literal:
        kinds = {type(value) for value in arguments}
        return _annotated(kinds.pop()) if len(kinds) == 1 else None
    if origin in (typing.Union, types.UnionType):
        members = [argument for argument in arguments if argument is not type(None)]
        return _annotated(members[0]) if len(members) == 1 else None
    if origin in (list, set, frozenset) and arguments:
        element = _annotated(arguments[0])
        return None if element is None else pa.list_(pa.field("element", element))
    return _plain(hint) if isinstance(hint, type) else None


def _plain(kind: type) -> pa.DataType | None:
    import pyarrow as pa

    # In this order: a bool is an int and a datetime is a date. A datetime says nothing of its zone,
    # nor a Decimal of its digits: their values do.
    if issubclass(kind, (enum.Enum, datetime)):
        return None
    known = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string(),
             bytes: pa.binary(), date: pa.date32(), time: pa.time64("us"),
             uuid.UUID: pa.string()}  # fmt: skip
    return next((result for base, result in known.items() if issubclass(kind, base)), None)


def _is_optional(hint: Any) -> bool:
    if hint is Any or hint is None:
        return True
    if typing.get_origin(hint) is typing.Annotated:
        return _is_optional(typing.get_args(hint)[0])
    return type(None) in typing.get_args(hint)


def _from_pandera(schema: Any) -> Declared:
    """Return the columns of a pandera schema, whose types are pandas' or polars' names."""
    found = {}
    for name, column in schema.columns.items():
        text = str(column.dtype).lower()
        text = {"object": "string", "utf8": "string", "boolean": "bool"}.get(text, text)
        kind = None if "datetime" in text or text == "none" else named_type(text.split("[")[0])
        found[str(name)] = kind
    required = (str(name) for name, column in schema.columns.items() if not column.nullable)
    return Declared(found, frozenset(required))
