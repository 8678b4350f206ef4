"""Running a table's checks: one outcome for each, whatever happens to it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from phlo.errors import PhloError
from phlo.lakehouse.checks.ask import ask
from phlo.lakehouse.checks.compile import BY_ROW, compile_check
from phlo.lakehouse.checks.found import Found, json_safe
from phlo.lakehouse.checks.table import CheckedTable
from phlo.model.checks import CheckOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.model.checks import CheckSpec


def run_checks(
    lake: Lake,
    engine: QueryEngine,
    table: str,
    specs: Sequence[CheckSpec],
    *,
    ref: str = "main",
    python: Mapping[str, Callable[[], Any]] | None = None,
    on_outcome: Callable[[CheckOutcome], None] | None = None,
) -> tuple[CheckOutcome, ...]:
    """Ask a table its checks and return what each found, in their order.

    A check that cannot be asked has the status `error`; the others are asked all the same.

    Args:
        lake: The lake.
        engine: What runs the SQL.
        table: `namespace.table`.
        specs: The checks.
        ref: The branch to look at; other tables that a check names are read there, too.
        python: What checks of kind `python` call, by the check's name. It returns a bool, the
            failing rows, or something with `passed` (and `failed`, `checked`, `message`).
        on_outcome: Told of each outcome when it is known.

    Raises:
        UnknownTable: The ref has no such table.
    """
    checked = CheckedTable(lake, engine, table, ref)
    outcomes = []
    try:
        if not checked.is_in_process:
            _count_together(specs, checked)
        for spec in specs:
            outcome = _one(spec, checked, python or {})
            outcomes.append(outcome)
            if on_outcome is not None:
                on_outcome(outcome)
    finally:
        checked.close()
    return tuple(outcomes)


def _count_together(specs: Sequence[CheckSpec], table: CheckedTable) -> None:
    """Ask all checks that look at rows one by one in one query; one that is wrong, by itself."""
    conditions = [spec.where for spec in specs if spec.where and spec.kind != "python"]
    for spec in specs:
        if spec.kind in BY_ROW and all(column in table.types for column in spec.columns):
            compiled = compile_check(spec, table.name, table.types)
            conditions += [compiled.condition] if compiled.condition else []
    if len(set(conditions)) > 1:
        with suppress(PhloError):  # the check that it belongs to tells what is wrong
            table.count_together(conditions)


def _one(
    spec: CheckSpec, table: CheckedTable, python: Mapping[str, Callable[[], Any]]
) -> CheckOutcome:
    began = time.monotonic()
    error = None
    try:
        found = _call(spec, table, python) if spec.kind == "python" else ask(spec, table)
    except PhloError as refused:
        found, error = Found(None), refused.message
    return CheckOutcome(
        spec=spec,
        table=table.name,
        ref=table.ref,
        snapshot_id=table.about.snapshot_id,
        status="error" if error is not None else found.status(spec),
        failed=found.failed,
        checked=found.checked,
        ratio=found.ratio,
        sql=found.sql and table.in_dialect(found.sql),
        sample_columns=found.columns,
        sample_rows=found.rows,
        message=error or found.message,
        duration_ms=(time.monotonic() - began) * 1000,
        method=found.method,
    )


def _call(spec: CheckSpec, table: CheckedTable, python: Mapping[str, Callable[[], Any]]) -> Found:
    count = table.count()
    if not count:
        return Found(None, 0, message="there is no row to look at", method="python")
    if spec.name not in python:
        return Found(None, message="its function is not at hand", method="python")
    try:
        return _judged(spec, python[spec.name](), table, count)
    except PhloError:
        raise
    except Exception as error:  # whatever the user's function raises is the outcome of its check
        raise _broken(spec, error) from error


def _judged(spec: CheckSpec, result: Any, table: CheckedTable, count: int) -> Found:
    """Return what a function's result means."""
    if result is None or isinstance(result, bool):
        failed = 0 if result or result is None else 1
        return Found(failed, count, method="python", is_judged=True)
    if hasattr(result, "passed"):
        said = getattr(result, "failed", None)
        return Found(
            int(not result.passed) if said is None else said,
            getattr(result, "checked", None) or count,
            message=getattr(result, "message", None),
            method="python",
            is_judged=not result.passed,
        )
    return _failing_rows(spec, result, table, count)


def _failing_rows(spec: CheckSpec, result: Any, table: CheckedTable, count: int) -> Found:
    from phlo.lakehouse.write.stream import Stream

    rows = Stream(
        result, table.name, root=table.lake.folder, existing=None, schema=None, evolve="add"
    )
    columns: tuple[str, ...] = ()
    sample: list[tuple[Any, ...]] = []
    for part in rows:
        columns = columns or tuple(part.column_names)
        for row in (
            part.select(list(columns)).slice(0, max(spec.sample - len(sample), 0)).to_pylist()
        ):
            sample.append(tuple(json_safe(value) for value in row.values()))
    return Found(rows.rows, count, None, columns, tuple(sample), method="python")


def _broken(spec: CheckSpec, error: Exception) -> PhloError:
    from phlo.errors.data import BadCheck

    return BadCheck(
        f"'{spec.name}'", f"{type(error).__name__}: {error}", fix="correct the function"
    )
