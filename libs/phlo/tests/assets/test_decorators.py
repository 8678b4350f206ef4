from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import phlo
from phlo.assets import cron
from phlo.assets.registry import MARK, collecting
from phlo.checks import between, not_null
from phlo.errors import ErrorGroup, PhloError


def errors_of(declare: Any) -> list[PhloError]:
    with pytest.raises(PhloError) as error:
        declare()
    return list(error.value.diagnostics())


def test_a_decorated_function_stays_the_plain_function() -> None:
    @phlo.ingestion(table="raw.orders", partitions=phlo.daily("2026-01-01"))
    def orders(day: phlo.Partition) -> Any:
        yield {"day": day.key}

    assert list(orders(day=phlo.Partition("2026-01-01"))) == [{"day": "2026-01-01"}]
    assert orders.__name__ == "orders"


def test_a_decorator_without_parameters_names_the_table_after_the_function() -> None:
    @phlo.ingestion
    def orders() -> Any:
        return []

    assert getattr(orders, MARK).table == "raw.orders"


@pytest.mark.parametrize(
    ("parameter", "ours"),
    [
        ("table_name", "table="),
        ("unique_key", "key="),
        ("primary_key", "key="),
        ("write_disposition", "mode="),
        ("cron", "schedule="),
        ("merge_strategy", "mode="),
        ("validation_schema", "schema="),
        ("tabel", "'table'"),
    ],
)
def test_a_parameter_of_another_tool_is_translated(parameter: str, ours: str) -> None:
    def declare() -> None:
        phlo.ingestion(**{parameter: "x"})(lambda: None)

    (error,) = errors_of(declare)
    assert error.code == "PHLO-A802"
    assert ours in error.fix.text


def test_an_error_points_at_the_parameter() -> None:
    def declare() -> None:
        @phlo.ingestion(
            table="raw.x",
            unique_key="id",  # type: ignore[call-overload]
        )
        def orders() -> Any:
            return []

    (error,) = errors_of(declare)
    assert error.where is not None
    assert error.where.source is not None
    begin, end = error.where.column, error.where.end_column
    assert begin is not None
    assert end is not None
    assert error.where.source[begin - 1 : end - 1] == "unique_key"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"table": "orders"}, "PHLO-A803"),
        ({"table": "Raw.Orders"}, "PHLO-A803"),
        ({"mode": "upsert"}, "PHLO-A803"),
        ({"mode": "scd2"}, "PHLO-A818"),
        ({"on_invalid": "quarantine"}, "PHLO-A818"),
        ({"mode": "merge"}, "PHLO-A803"),
        ({"dedupe_by": "-at"}, "PHLO-A803"),
        ({"schedule": "61 * * * *"}, "PHLO-A803"),
        ({"freshness": "soon"}, "PHLO-A803"),
        ({"freshness": {"warn": "1h", "fail": "2h"}}, "PHLO-A803"),
        ({"retries": -1}, "PHLO-A803"),
        ({"retry_delay": "30s"}, "PHLO-A803"),
        ({"timeout": 10}, "PHLO-A803"),
        ({"key": []}, None),
        ({"tags": [1]}, "PHLO-A803"),
        ({"partitions": "daily"}, "PHLO-A803"),
        ({"checks": ["not_nul"]}, "PHLO-D923"),
        ({"partitions": phlo.daily("2026-01-01"), "mode": "overwrite"}, "PHLO-A803"),
    ],
)
def test_a_value_that_cannot_be_is_refused(given: dict[str, Any], code: str | None) -> None:
    def declare() -> None:
        phlo.ingestion(**given)(lambda: None)

    if code is None:
        declare()
    else:
        assert [error.code for error in errors_of(declare)] == [code]


def test_all_faults_of_a_decorator_are_told_together() -> None:
    def declare() -> None:
        phlo.ingestion(table="x", mode="y", unknown=1)(lambda foo: None)  # type: ignore[call-overload]

    found = errors_of(declare)
    assert sorted(error.code for error in found) == [
        "PHLO-A802", "PHLO-A803", "PHLO-A803", "PHLO-A815",
    ]  # fmt: skip


def test_an_argument_with_a_default_is_left_alone() -> None:
    @phlo.ingestion
    def orders(pages: int = 3, context: phlo.Context | None = None) -> Any:
        return []

    assert getattr(orders, MARK).arguments == ()


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "append"),
        ({"key": "id"}, "merge"),
        ({"key": "id", "mode": "append"}, "append"),
        ({"partitions": phlo.daily("2026-01-01")}, "append"),
        ({"partitions": phlo.daily("2026-01-01", column="day")}, "overwrite"),
    ],
)
def test_the_mode_follows_from_the_rest(given: dict[str, Any], mode: str) -> None:
    from phlo.assets.declare import mode_of

    @phlo.ingestion(**given)
    def orders() -> Any:
        return []

    assert mode_of(getattr(orders, MARK)) == mode


def test_a_function_that_gives_whole_files_overwrites() -> None:
    from phlo.assets.declare import mode_of

    @phlo.ingestion
    def orders() -> Any:
        return phlo.files("data/*.csv")

    assert mode_of(getattr(orders, MARK)) == "overwrite"


def test_quality_that_yields_checks_declares_them() -> None:
    @phlo.quality(table="raw.flights")
    def sound(flights: phlo.Table) -> Any:
        yield not_null("carrier", "flight")
        yield between("month", 1, 12)

    declared = getattr(sound, MARK)
    assert [spec.name for spec in declared.specs] == [
        "not_null:carrier", "not_null:flight", "between:month",
    ]  # fmt: skip
    assert all(spec.line for spec in declared.specs)


def test_quality_that_reads_the_table_is_a_check_itself() -> None:
    @phlo.quality(table="raw.flights", severity="warn", max_rows=2)
    def sound(flights: phlo.Table) -> bool:
        """Flights are sound."""
        return flights.arrow().num_rows > 0

    (spec,) = getattr(sound, MARK).specs
    assert (spec.name, spec.kind, spec.severity, spec.max_rows) == ("sound", "python", "warn", 2)
    assert spec.description == "Flights are sound."


def test_quality_that_does_both_is_refused() -> None:
    def declare() -> None:
        @phlo.quality(table="raw.flights")
        def sound(flights: phlo.Table) -> Any:
            yield not_null("carrier")
            yield flights.arrow().num_rows > 0

    assert [error.code for error in errors_of(declare)] == ["PHLO-A823"]


def test_a_list_of_checks_needs_no_function() -> None:
    with collecting() as declared:
        phlo.quality(table="raw.flights", checks=[not_null("a", "b"), {"row_count": {"min": 1}}])

    (quality,) = declared.qualities
    assert [spec.name for spec in quality.specs] == ["not_null:a", "not_null:b", "row_count"]


def test_faults_are_kept_and_not_raised_while_a_file_is_read() -> None:
    with collecting() as declared:
        phlo.ingestion(table="x")(lambda: None)
        phlo.ingestion(table="raw.good")(lambda: None)

    assert [error.code for error in declared.errors] == ["PHLO-A803"]
    assert [asset.table for asset in declared.assets] == ["raw.good"]
    assert ErrorGroup(declared.errors).diagnostics()


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("0 6 * * *", True),
        ("*/15 8-18 * * mon-fri", True),
        ("@daily", True),
        ("0 0 1 jan,jul *", True),
        ("0 6 * *", False),
        ("0 24 * * *", False),
        ("*/0 * * * *", False),
        ("18-8 * * * *", False),
        ("0 6 * * someday", False),
    ],
)
def test_cron_is_checked_when_it_is_read(text: str, is_fine: bool) -> None:
    assert (cron.problem(text) is None) is is_fine


def test_decorators_import_nothing_heavy() -> None:
    code = (
        "import sys, phlo\n"
        "phlo.ingestion, phlo.asset, phlo.quality, phlo.Table, phlo.Context, phlo.files, phlo.sql\n"
        "phlo.daily('2026-01-01'), phlo.Project\n"
        "heavy = {'pyarrow', 'pyiceberg', 'duckdb', 'pandas', 'sqlglot', 'pydantic', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
