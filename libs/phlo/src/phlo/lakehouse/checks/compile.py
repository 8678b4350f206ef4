"""A check as SQL: which rows fail, and how many were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.model.checks import CheckSpec


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL of one check, in DuckDB's dialect."""

    rows: str
    """Returns what fails; this is what repeats the check."""
    failed: str
    """Returns one number: how many rows fail."""
    suspects: str | None = None
    """Cheaper than `failed`, returns one number: 0 proves that nothing fails."""


def compile_check(spec: CheckSpec, table: str) -> Compiled:
    """Return a check as SQL; `row_count`, `freshness` and `python` have ways of their own."""
    return _KINDS[spec.kind](spec, quoted_table(table))


def quoted(name: str) -> str:
    """Return an identifier in quotes, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(table: str) -> str:
    """Return `namespace.table` with both parts in quotes."""
    return ".".join(quoted(part) for part in table.split("."))


def literal(value: Any) -> str:
    """Return a JSON value as SQL; texts are cast by the engine to the type they are compared to."""
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


def _by_row(condition: Callable[[CheckSpec], str]) -> Callable[[CheckSpec, str], Compiled]:
    """Return a compiler for a check that looks at each row by itself."""

    def compiled(spec: CheckSpec, table: str) -> Compiled:
        clause = only(spec.where, condition(spec))
        return Compiled(f"SELECT * FROM {table}{clause}", f"SELECT count(*) FROM {table}{clause}")

    return compiled


def _is_null(spec: CheckSpec) -> str:
    return f"{quoted(spec.columns[0])} IS NULL"


def _is_unexpected(spec: CheckSpec) -> str:
    column = quoted(spec.columns[0])
    values = ", ".join(literal(v) for v in spec.arguments["values"] if v is not None)
    return f"{column} NOT IN ({values})" if values else f"{column} IS NOT NULL"


def _is_outside(spec: CheckSpec) -> str:
    column = quoted(spec.columns[0])
    ends = (("min", "<"), ("max", ">"))
    given = ((spec.arguments.get(name), sign) for name, sign in ends)
    return " OR ".join(f"{column} {sign} {literal(v)}" for v, sign in given if v is not None)


def _mismatches(spec: CheckSpec) -> str:
    text = f"CAST({quoted(spec.columns[0])} AS VARCHAR)"
    return f"NOT regexp_full_match({text}, {literal(spec.arguments['pattern'])})"


def _accepted_values(spec: CheckSpec, table: str) -> Compiled:
    by_row = _by_row(_is_unexpected)(spec, table)
    distinct = f"SELECT DISTINCT {quoted(spec.columns[0])} FROM {table}{only(spec.where)}"
    suspects = f"SELECT count(*) FROM ({distinct}){only(None, _is_unexpected(spec))}"
    return Compiled(by_row.rows, by_row.failed, suspects)


def _unique(spec: CheckSpec, table: str) -> Compiled:
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


def _reference(spec: CheckSpec, table: str) -> Compiled:
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


def _sql(spec: CheckSpec, table: str) -> Compiled:
    text = spec.arguments["sql"].strip().rstrip(";").replace("{table}", table)
    # The line break ends a comment that the text may end with.
    rows = f"SELECT * FROM (\n{text}\n){only(spec.where)}" if spec.where else text
    return Compiled(rows, f"SELECT count(*) FROM (\n{rows}\n)")


_KINDS: dict[str, Callable[[CheckSpec, str], Compiled]] = {
    "not_null": _by_row(_is_null),
    "accepted_values": _accepted_values,
    "between": _by_row(_is_outside),
    "matches": _by_row(_mismatches),
    "unique": _unique,
    "reference": _reference,
    "sql": _sql,
}
