"""Asking a table one check: the manifests first where they know it exactly, else by SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from phlo.errors.data import BadCheck
from phlo.lakehouse.checks.compile import (
    Compiled,
    compile_check,
    hashes,
    only,
    quoted,
    quoted_table,
)
from phlo.lakehouse.checks.found import Found, json_safe
from phlo.model.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.lakehouse.checks.table import CheckedTable
    from phlo.model.checks import CheckMethod, CheckSpec

#: So many hashes are sorted in memory (8 bytes each); beyond it the engine groups them.
_SORTABLE_ROWS = 50_000_000
_INTS = ("int", "long")


def ask(spec: CheckSpec, table: CheckedTable) -> Found:
    """Return what a check finds.

    Raises:
        DataError: It cannot be asked: a column is missing, its SQL is wrong.
    """
    table.require(*spec.columns)
    if spec.kind in _JUDGES:
        return _JUDGES[spec.kind](spec, table)
    checked = table.count(spec.where)
    if not checked:
        return Found(None, 0, message="there is no row to look at")
    compiled = compile_check(spec, table.name, table.types)
    known = _from_manifests(spec, table)
    method: CheckMethod = "sql" if known is None else "metadata"
    failed = _count(spec, compiled, table) if known is None else known
    if not failed:
        return Found(0, checked, compiled.rows, method=method)
    columns, rows = _sample(spec, compiled.rows, table)
    return Found(failed, checked, compiled.rows, columns, rows, method=method)


def _from_manifests(spec: CheckSpec, table: CheckedTable) -> int | None:
    """Return how many rows fail, if the manifests know; None if the rows must be asked."""
    if spec.where is not None or spec.kind not in ("not_null", "between"):
        return None
    statistics = table.statistics(spec.columns[0])
    if statistics is None:
        return None
    if spec.kind == "not_null":
        return statistics.null_count
    if statistics.value_count is not None and statistics.value_count == statistics.null_count:
        return 0
    if not statistics.is_exact:
        return None
    low = _like(statistics.minimum, spec.arguments.get("min"))
    high = _like(statistics.maximum, spec.arguments.get("max"))
    if low is None or high is None:
        return None
    # Only that nothing fails can be known: how many rows lie outside cannot.
    is_within = statistics.minimum >= low and statistics.maximum <= high
    return 0 if is_within else None


def _like(value: Any, wanted: Any) -> Any:
    """Return a limit as comparable to a bound: the bound if not given, None if it cannot be."""
    if wanted is None:
        return value
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, datetime):
            limit = datetime.fromisoformat(str(wanted))
            return limit if (limit.tzinfo is None) == (value.tzinfo is None) else None
        if isinstance(value, date):
            return date.fromisoformat(str(wanted))
        if isinstance(value, time):
            return time.fromisoformat(str(wanted))
        if isinstance(value, (int, Decimal)) and not isinstance(wanted, str):
            return Decimal(str(wanted))
    except (ValueError, ArithmeticError):
        pass
    return None


def _count(spec: CheckSpec, compiled: Compiled, table: CheckedTable) -> int:
    if compiled.condition in table.counted:
        return table.counted[compiled.condition]
    if compiled.suspects is not None and not table.scalar(compiled.suspects):
        return 0
    # Elsewhere the hashes would have to travel, and the server groups faster than they do.
    if spec.kind == "unique" and table.is_in_process and _is_proven_unique(spec, table):
        return 0
    return int(table.scalar(compiled.failed))


def _is_proven_unique(spec: CheckSpec, table: CheckedTable) -> bool:
    """Whether no two rows have one hash, so that none have one key: faster than grouping."""
    import numpy as np

    if table.count(spec.where) > _SORTABLE_ROWS:
        return False
    is_int = len(spec.columns) == 1 and table.type_of(spec.columns[0]) in _INTS
    column = table.stream(hashes(spec, table.name, is_int=is_int)).read_all().column(0)
    values = column.to_numpy()
    if bool((values[1:] > values[:-1]).all()):
        return True  # numbers that count up, as ids often do, need no sorting
    values = np.sort(values)
    return not bool((values[1:] == values[:-1]).any())


def _sample(
    spec: CheckSpec, sql: str, table: CheckedTable
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    if spec.sample <= 0:
        return (), ()
    found = table.stream(f"SELECT * FROM (\n{sql}\n) LIMIT {spec.sample}").read_all()
    rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return tuple(found.column_names), tuple(tuple(map(json_safe, row)) for row in rows)


def _row_count(spec: CheckSpec, table: CheckedTable) -> Found:
    count = table.count(spec.where)
    low, high = spec.arguments.get("min"), spec.arguments.get("max")
    wanted = [f"at least {low:,}"] if low is not None else []
    wanted += [f"at most {high:,}"] if high is not None else []
    is_right = (low is None or count >= low) and (high is None or count <= high)
    return Found(
        0 if is_right else 1,
        count,
        f"SELECT count(*) AS rows FROM {quoted_table(table.name)}{only(spec.where)}",
        message=f"{count:,} rows, {' and '.join(wanted)} wanted",
        method="metadata" if spec.where is None else "sql",
        is_judged=True,
    )


def _freshness(spec: CheckSpec, table: CheckedTable) -> Found:
    column, max_age = spec.columns[0], parse_duration(str(spec.arguments["max_age"]))
    if max_age is None:
        raise BadCheck(
            f"'{spec.name}'", f"'{spec.arguments['max_age']}' is no duration", fix="write '24h'"
        )
    sql = (
        f"SELECT max({quoted(column)}) AS newest FROM {quoted_table(table.name)}{only(spec.where)}"
    )
    statistics = table.statistics(column) if spec.where is None else None
    is_known = statistics is not None and statistics.is_exact
    newest = statistics.maximum if statistics and is_known else table.scalar(sql)
    checked = table.count(spec.where)
    if newest is None:
        message = f"there is no value in '{column}'"
        return Found(1, checked, sql, message=message, is_judged=True)
    age = _age(spec, newest)
    is_old = age > max_age
    return Found(
        int(is_old),
        checked,
        sql,
        ("newest",) if is_old else (),
        ((json_safe(newest),),) if is_old else (),
        f"the newest value is {newest}, {_words(age)} old; at most "
        f"{spec.arguments['max_age']} is allowed",
        "metadata" if is_known else "sql",
        is_judged=True,
    )


def _age(spec: CheckSpec, newest: Any) -> timedelta:
    """Return how long ago a value was; without a time zone it is UTC, a day lasts until its end."""
    if isinstance(newest, datetime):
        return datetime.now(UTC) - (newest if newest.tzinfo else newest.replace(tzinfo=UTC))
    if isinstance(newest, date):
        end = datetime.combine(newest, time.min, UTC) + timedelta(days=1)
        return max(datetime.now(UTC) - end, timedelta(0))
    raise BadCheck(
        f"'{spec.name}'", f"'{spec.columns[0]}' is no time", fix="name a date or timestamp column"
    )


def _words(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} hours" if hours < 72 else f"{hours / 24:,.1f} days"


#: Checks that judge an empty table, too, and have no failing rows.
_JUDGES: dict[str, Callable[[CheckSpec, CheckedTable], Found]] = {
    "row_count": _row_count,
    "freshness": _freshness,
}
