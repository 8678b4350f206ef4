"""The checks a workflow file can ask for; each makes specifications, nothing is run.

from phlo.checks import not_null, unique

@phlo.quality(table="raw.flights")
def flights_are_sound(flights: phlo.Table):
yield not_null("carrier", "flight")
yield unique("id")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from phlo.errors.data import BadCheck
from phlo.model.checks import CheckSpec, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where

__all__ = [
    "CheckOptions",
    "accepted_values",
    "between",
    "check",
    "flatten",
    "freshness",
    "matches",
    "not_null",
    "parse_checks",
    "reference",
    "row_count",
    "unique",
]


class UnnamedOptions(TypedDict, total=False):
    """What every check takes beside its own arguments."""

    severity: Severity
    max_rows: int
    max_ratio: float
    where: str
    sample: int
    description: str


class CheckOptions(UnnamedOptions, total=False):
    """What every check takes whose name can be left to phlo."""

    name: str


def not_null(*columns: str, **options: Unpack[CheckOptions]) -> tuple[CheckSpec, ...]:
    """Ask that columns have a value in every row; one check a column."""
    if not columns:
        raise BadCheck("'not_null'", "it names no column", fix="not_null('carrier')")
    if len(columns) > 1 and "name" in options:
        raise BadCheck(
            "'not_null'", "one name for several columns", fix="write one not_null for each name"
        )
    return tuple(_spec("not_null", (column,), {}, options) for column in columns)


def unique(*columns: str, **options: Unpack[CheckOptions]) -> CheckSpec:
    """Ask that no two rows agree in all these columns; rows with a NULL among them do not count."""
    if not columns:
        raise BadCheck("'unique'", "it names no column", fix="unique('id')")
    return _spec("unique", columns, {}, options)


def accepted_values(
    column: str, values: Iterable[Any], **options: Unpack[CheckOptions]
) -> CheckSpec:
    """Ask that a column holds only these values; NULL is left to `not_null`."""
    accepted = [values] if isinstance(values, str) else list(values)
    if not accepted:
        raise BadCheck(
            f"'accepted_values:{column}'", "no value is accepted", fix="give at least one value"
        )
    return _spec("accepted_values", (column,), {"values": [plain(v) for v in accepted]}, options)


def between(
    column: str, min: Any = None, max: Any = None, **options: Unpack[CheckOptions]
) -> CheckSpec:
    """Ask that values lie between two values, both included; NULL is left to `not_null`."""
    if min is None and max is None:
        raise BadCheck(
            f"'between:{column}'", "it has neither min nor max", fix="give one of them, or both"
        )
    return _spec("between", (column,), _given(min=plain(min), max=plain(max)), options)


def row_count(
    min: int | None = None, max: int | None = None, **options: Unpack[CheckOptions]
) -> CheckSpec:
    """Ask that the table has this many rows; an empty table is judged, too."""
    if min is None and max is None:
        raise BadCheck("'row_count'", "it has neither min nor max", fix="row_count(min=1)")
    return _spec("row_count", (), _given(min=min, max=max), options)


def matches(column: str, pattern: str, **options: Unpack[CheckOptions]) -> CheckSpec:
    """Ask that the whole text matches a regular expression; NULL is left to `not_null`."""
    return _spec("matches", (column,), {"pattern": pattern}, options)


def freshness(column: str, max_age: str, **options: Unpack[CheckOptions]) -> CheckSpec:
    """Ask that the newest value of a time column is no older than `max_age`, such as `24h`."""
    from phlo.model.durations import parse_duration

    if parse_duration(max_age) is None:
        raise BadCheck(
            f"'freshness:{column}'",
            f"'{max_age}' is not a duration",
            fix="write a number and s, m, h, d or w: '90m', '24h', '7d'",
        )
    return _spec("freshness", (column,), {"max_age": max_age}, options)


def reference(column: str | Sequence[str], to: str, **options: Unpack[CheckOptions]) -> CheckSpec:
    """Ask that every value is found in another table's column: `to="raw.airlines.carrier"`.

    Without a column in `to` the other table's columns have the same names.
    """
    columns = (column,) if isinstance(column, str) else tuple(column)
    parts = to.removeprefix("lake.").split(".")
    if len(parts) not in (2, 3) or not all(parts) or (len(parts) == 3 and len(columns) != 1):
        raise BadCheck(
            f"'reference:{','.join(columns)}'",
            f"'{to}' is not a table's column",
            fix="write to='namespace.table.column', or to='namespace.table' for equal names",
        )
    return _spec("reference", columns, {"to": to.removeprefix("lake.")}, options)


def check(name: str, *, sql: str, **options: Unpack[UnnamedOptions]) -> CheckSpec:
    """Ask by SQL: the rows it returns are the failures; `{table}` stands for the table."""
    if not sql.strip():
        raise BadCheck(f"'{name}'", "its SQL is empty", fix="write a query that finds bad rows")
    return _spec("sql", (), {"sql": sql}, {**options, "name": name})


def flatten(items: Iterable[Any]) -> tuple[CheckSpec, ...]:
    """Return one flat tuple of what constructors gave: specifications, and tuples of them.

    Raises:
        BadCheck: An item is something else, or two checks have one name.
    """
    specs: list[CheckSpec] = []
    for item in items:
        if isinstance(item, CheckSpec):
            specs.append(item)
        elif isinstance(item, (tuple, list)):
            specs.extend(flatten(item))
        else:
            raise BadCheck(
                repr(item), "it is no check", fix="use the functions of phlo.checks, or phlo.check"
            )
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise BadCheck(f"'{name}'", "it is there twice", fix="give one of them another name=")
    return tuple(specs)


def parse_checks(items: Any, where: Where | None = None) -> tuple[CheckSpec, ...]:
    """Return the checks of a YAML list: `[{not_null: carrier}, {row_count: {min: 1}}]`.

    An item has a kind of check as its key; beside it, or among its arguments, stand `severity`,
    `max_rows`, `max_ratio`, `where`, `sample`, `name` and `description`.

    Args:
        items: The list, as YAML gives it.
        where: The file and line, for messages and for the specifications.

    Raises:
        BadCheck: An item cannot be understood; it is named, with what was probably meant.
    """
    from phlo.check_forms import parse  # it stands on this module's functions

    return parse(items, where)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dates, times and decimals as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _spec(
    kind: str, columns: tuple[str, ...], arguments: dict[str, Any], options: CheckOptions
) -> CheckSpec:
    name = f"{kind}:{','.join(columns)}" if columns else kind
    ratio = options.get("max_ratio")
    if ratio is not None and not 0 <= ratio <= 1:
        raise BadCheck(f"'{name}'", f"max_ratio {ratio} is no ratio", fix="give one from 0 to 1")
    if options.get("severity", "error") not in ("error", "warn"):
        raise BadCheck(
            f"'{name}'",
            f"severity '{options['severity']}' is unknown",
            fix="'error' blocks the table, 'warn' does not",
        )
    values: dict[str, Any] = {"name": name, **options}
    return CheckSpec(kind=kind, columns=columns, arguments=arguments, **values)
