"""A check as SQL: which rows fail, and how many were looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.model.checks import CheckSpec

#: The Iceberg types of a table's columns.
Types = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL of one check, in DuckDB's dialect."""

    rows: str
    """Returns what fails; this is what repeats the check."""
    failed: str
    """Returns one number: how many rows fail."""
    suspects: str | None = None
    """Cheaper than `failed`, returns one number: 0 proves that nothing fails."""
    condition: str | None = None
    """What a row that fails satisfies, where each row is looked at by itself."""


def compile_check(
    spec: CheckSpec, table: str, types: Mapping[str, str] = MappingProxyType({})
) -> Compiled:
    """Return a check as SQL; `row_count`, `freshness` and `python` have ways of their own.

    Args:
        spec: The check.
        table: `namespace.table`.
        types: The Iceberg types of its columns.
    """
    return _KINDS[spec.kind](spec, quoted_table(table), types)


def quoted(name: str) -> str:
    """Return an identifier in quotes, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(table: str) -> str:
    """Return `namespace.table` with both parts in quotes."""
    return ".".join(quoted(part) for part in table.split("."))


#: Iceberg's types whose values are written as texts, which not every engine takes as they are.
_WRITTEN_AS_TEXT = {
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "uuid": "UUID",
}


def literal(value: Any, kind: str | None = None) -> str:
    """Return a JSON value as SQL.

    Args:
        value: The value.
        kind: The Iceberg type of what it is compared with.
    """
    if isinstance(value, str) and kind in _WRITTEN_AS_TEXT:
        return f"CAST({literal(value)} AS {_WRITTEN_AS_TEXT[kind]})"
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def only(where: str | None, *conditions: str) -> str:
    """Return a WHERE clause of conditions, or nothing when there is none."""
    given = [f"({condition})" for condition in (where, *conditions) if condition]
    return f" WHERE {' AND '.join(given)}" if given else ""


def _by_row(condition: Callable[[CheckSpec, Types], str]) -> Callable[..., Compiled]:
    """Return a compiler for a check that looks at each row by itself."""

    def compiled(spec: CheckSpec, table: str, types: Types) -> Compiled:
        fails = condition(spec, types)
        clause = only(spec.where, fails)
        return Compiled(
            f"SELECT * FROM {table}{clause}",
            f"SELECT count(*) FROM {table}{clause}",
            condition=clause.removeprefix(" WHERE "),
        )

    return compiled


def _is_null(spec: CheckSpec, types: Types) -> str:
    return f"{quoted(spec.columns[0])} IS NULL"


def _is_unexpected(spec: CheckSpec, types: Types) -> str:
    column, kind = quoted(spec.columns[0]), types.get(spec.columns[0])
    values = ", ".join(literal(v, kind) for v in spec.arguments["values"] if v is not None)
    return f"{column} NOT IN ({values})" if values else f"{column} IS NOT NULL"


def _is_outside(spec: CheckSpec, types: Types) -> str:
    column, kind = quoted(spec.columns[0]), types.get(spec.columns[0])
    ends = (("min", "<"), ("max", ">"))
    given = ((spec.arguments.get(name), sign) for name, sign in ends)
    return " OR ".join(f"{column} {sign} {literal(v, kind)}" for v, sign in given if v is not None)


def _mismatches(spec: CheckSpec, types: Types) -> str:
    text = f"CAST({quoted(spec.columns[0])} AS VARCHAR)"
    return f"NOT regexp_full_match({text}, {literal(spec.arguments['pattern'])})"


def _accepted_values(spec: CheckSpec, table: str, types: Types) -> Compiled:
    by_row = _by_row(_is_unexpected)(spec, table, types)
    distinct = f"SELECT DISTINCT {quoted(spec.columns[0])} FROM {table}{only(spec.where)}"
    suspects = f"SELECT count(*) FROM ({distinct}){only(None, _is_unexpected(spec, types))}"
    return replace(by_row, suspects=suspects)


def _unique(spec: CheckSpec, table: str, types: Types) -> Compiled:
    names = ", ".join(quoted(column) for column in spec.columns)
    clause = only(spec.where, *(f"{quoted(column)} IS NOT NULL" for column in spec.columns))
    rows = (
        f"SELECT {names}, count(*) AS rows FROM {table}{clause} GROUP BY {names}"
        " HAVING count(*) > 1"
    )
    return Compiled(rows, f"SELECT coalesce(sum(rows - 1), 0) FROM ({rows})")


def hashes(spec: CheckSpec, table: str, *, is_int: bool) -> str:
    """Return SQL for one number per row which, if no two are equal, proves that keys are unique."""
    names = ", ".join(quoted(column) for column in spec.columns)
    clause = only(spec.where, *(f"{quoted(column)} IS NOT NULL" for column in spec.columns))
    value = names if is_int else f"hash({names})"
    return f"SELECT {value} FROM {quoted_table(table)}{clause}"


def _reference(spec: CheckSpec, table: str, types: Types) -> Compiled:
    parts = spec.arguments["to"].split(".")
    other = quoted_table(".".join(parts[:2]))
    targets = parts[2:] or spec.columns
    joined = " AND ".join(
        f"_there.{quoted(there)} = _here.{quoted(here)}"
        for here, there in zip(spec.columns, targets, strict=True)
    )
    given = [f"_here.{quoted(column)} IS NOT NULL" for column in spec.columns]
    missing = f"NOT EXISTS (SELECT 1 FROM {other} AS _there WHERE {joined})"
    source = f"FROM {table} AS _here{only(spec.where, *given, missing)}"
    return Compiled(f"SELECT _here.* {source}", f"SELECT count(*) {source}")


def _sql(spec: CheckSpec, table: str, types: Types) -> Compiled:
    text = spec.arguments["sql"].strip().rstrip(";").replace("{table}", table)
    # The line break ends a comment that the text may end with.
    rows = f"SELECT * FROM (\n{text}\n){only(spec.where)}" if spec.where else text
    return Compiled(rows, f"SELECT count(*) FROM (\n{rows}\n)")


_KINDS: dict[str, Callable[[CheckSpec, str, Types], Compiled]] = {
    "not_null": _by_row(_is_null),
    "accepted_values": _accepted_values,
    "between": _by_row(_is_outside),
    "matches": _by_row(_mismatches),
    "unique": _unique,
    "reference": _reference,
    "sql": _sql,
}
#: Checks that look at each row by itself.
BY_ROW = frozenset({"not_null", "accepted_values", "between", "matches"})
