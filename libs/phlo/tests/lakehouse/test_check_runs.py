"""Checks on real tables: exact counts, whether the manifests or the rows answer."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo import checks
from phlo.errors.data import UnknownTable
from phlo.lakehouse.checks import ask as ask_module
from phlo.lakehouse.checks.run import run_checks
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo.model.checks import CheckOutcome, CheckSpec
from phlo_duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from pathlib import Path

ROWS: list[dict[str, Any]] = [
    {"id": 1, "country": "de", "amount": 1.0, "day": dt.date(2026, 1, 1), "code": "A1"},
    {"id": 2, "country": "fr", "amount": -5.0, "day": dt.date(2026, 1, 2), "code": "B2"},
    {"id": 2, "country": None, "amount": None, "day": dt.date(2026, 1, 3), "code": "b2 "},
    {"id": None, "country": "xx", "amount": 100.0, "day": None, "code": None},
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    write(lake, "raw.t", ROWS, WritePlan())
    write(lake, "raw.countries", [{"code": "de"}, {"code": "fr"}], WritePlan())
    return lake


def ask(lake: Lake, *items: Any, table: str = "raw.t", **options: Any) -> list[CheckOutcome]:
    specs = checks.flatten(items)
    outcomes = run_checks(lake, DuckDBEngine(), table, specs, **options)
    assert [outcome.spec for outcome in outcomes] == list(specs)
    json.dumps([outcome.as_json() for outcome in outcomes])
    return list(outcomes)


CASES: list[tuple[Any, int, list[Any]]] = [
    (checks.not_null("id"), 1, [None]),
    (checks.not_null("code", where="id = 2"), 0, []),
    (checks.unique("id"), 1, [2]),
    (checks.unique("id", "day"), 0, []),
    (checks.unique("country"), 0, []),
    (checks.unique("code", where="id = 2"), 0, []),
    (checks.accepted_values("country", ["de", "fr"]), 1, [None]),
    (checks.accepted_values("country", ["de", "fr", "xx"]), 0, []),
    (checks.accepted_values("id", [1]), 2, [2, 2]),
    (checks.between("amount", 0, 50), 2, [2, None]),
    (checks.between("amount", min=-5), 0, []),
    (checks.between("day", "2026-01-01", "2026-01-03"), 0, []),
    (checks.between("day", max=dt.date(2026, 1, 2)), 1, [2]),
    (checks.between("id", 1, 2), 0, []),
    (checks.between("country", "a", "f"), 2, [2, None]),
    (checks.matches("code", "[A-Z][0-9]"), 1, [2]),
    (checks.matches("id", "[0-9]+"), 0, []),
    (checks.reference("country", to="raw.countries.code"), 1, [None]),
    (checks.check("big", sql="select * from {table} where amount > 1"), 1, [None]),
    (checks.check("none", sql="select * from raw.t where false -- nothing"), 0, []),
    (checks.check("half", sql="select id from {table}", where="id = 1"), 1, [1]),
]


@pytest.mark.parametrize("worth", [0, 10**9], ids=["manifests", "rows"])
@pytest.mark.parametrize(("item", "failed", "ids"), CASES, ids=lambda v: getattr(v, "name", ""))
def test_counts_and_samples_are_exact(
    lake: Lake, item: Any, failed: int, ids: list[Any], worth: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if worth:
        monkeypatch.setattr(
            "phlo.lakehouse.checks.table.CheckedTable.statistics", lambda self, column: None
        )
    (outcome,) = ask(lake, item)
    assert (outcome.failed, outcome.status) == (failed, "failed" if failed else "passed")
    position = outcome.sample_columns.index("id") if ids else 0
    assert sorted(map(str, (row[position] for row in outcome.sample_rows))) == sorted(map(str, ids))
    # The SQL it shows finds the same rows (for `unique`: the same keys).
    with DuckDBEngine().connect(lake) as session:
        assert outcome.sql is not None
        assert session.stream(outcome.sql).read_all().num_rows == len(outcome.sample_rows)


def test_manifests_answer_where_they_know(lake: Lake) -> None:
    assert "pyiceberg" in sys.modules
    outcomes = ask(
        lake,
        checks.not_null("id", "country"),
        checks.between("id", 1, 2, name="inside"),
        checks.between("id", 2, 2, name="outside"),
        checks.between("country", "a", "z", name="text"),
        checks.not_null("code", where="id = 1", name="where"),
        checks.row_count(min=1),
        checks.freshness("day", "1d"),
    )
    assert [outcome.method for outcome in outcomes] == [
        "metadata",
        "metadata",
        "metadata",
        "sql",
        "sql",
        "sql",
        "metadata",
        "metadata",
    ]
    assert [outcome.failed for outcome in outcomes[:6]] == [1, 1, 0, 1, 0, 0]


def test_checked_and_ratio_count_the_rows_looked_at(lake: Lake) -> None:
    known = "country is not null"
    whole, part = ask(lake, checks.not_null("id"), checks.not_null("id", where=known, name="part"))
    assert (whole.checked, whole.ratio) == (4, 0.25)
    assert (part.checked, part.ratio) == (3, 1 / 3)
    assert whole.snapshot_id == lake.describe("raw.t").snapshot_id


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, "failed"),
        ({"severity": "warn"}, "warned"),
        ({"max_rows": 2}, "passed"),
        ({"max_rows": 1}, "failed"),
        ({"max_ratio": 0.5}, "passed"),
        ({"max_ratio": 0.49}, "failed"),
        ({"max_rows": 5, "max_ratio": 0.1}, "failed"),
        ({"max_rows": 5, "max_ratio": 0.1, "severity": "warn"}, "warned"),
    ],
)
def test_thresholds_and_severity_decide(lake: Lake, options: Any, status: str) -> None:
    (outcome,) = ask(lake, checks.between("amount", 0, 50, **options))
    assert (outcome.failed, outcome.checked, outcome.status) == (2, 4, status)


def test_samples_are_as_many_as_asked_for(lake: Lake) -> None:
    few, none = ask(
        lake,
        checks.between("amount", 0, 50, sample=1, name="few"),
        checks.between("amount", 0, 50, sample=0, name="none"),
    )
    assert (len(few.sample_rows), few.failed) == (1, 2)
    assert (none.sample_rows, none.sample_columns) == ((), ())


def test_an_empty_table_is_skipped_but_for_count_and_freshness(lake: Lake) -> None:
    write(lake, "raw.e", [], WritePlan(schema={"id": "long", "at": "timestamp"}))
    outcomes = ask(
        lake,
        checks.not_null("id"),
        checks.unique("id"),
        checks.check("any", sql="select 1"),
        CheckSpec("mine", "python"),
        checks.row_count(min=1),
        checks.row_count(max=5, name="at most"),
        checks.freshness("at", "24h"),
        table="raw.e",
        python={"mine": lambda: True},
    )
    assert [outcome.status for outcome in outcomes] == [
        *["skipped"] * 4,
        "failed",
        "passed",
        "failed",
    ]
    (emptied,) = ask(lake, checks.not_null("id", where="id > 99"))
    assert emptied.status == "skipped"


def test_row_count_counts(lake: Lake) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"min": 4}, "passed"),
        ({"min": 5}, "failed"),
        ({"max": 4}, "passed"),
        ({"max": 3}, "failed"),
        ({"min": 2, "max": 2, "where": "id = 2"}, "passed"),
    ]
    for options, status in cases:
        (outcome,) = ask(lake, checks.row_count(**options))
        assert outcome.status == status, options
        assert outcome.message is not None
        assert "wanted" in outcome.message


@pytest.mark.parametrize(
    ("age", "status"), [(dt.timedelta(hours=1), "passed"), (dt.timedelta(hours=30), "failed")]
)
@pytest.mark.parametrize("zone", [dt.UTC, None], ids=["zone", "no zone"])
def test_freshness_measures_from_now(
    lake: Lake, age: dt.timedelta, status: str, zone: dt.tzinfo | None
) -> None:
    at = (dt.datetime.now(dt.UTC) - age).replace(tzinfo=zone)
    write(lake, "raw.f", [{"at": at, "id": 1}, {"at": None, "id": 2}], WritePlan())
    by_manifest, by_rows = ask(
        lake,
        checks.freshness("at", "24h"),
        checks.freshness("at", "24h", where="id > 0", name="rows"),
        table="raw.f",
    )
    assert (by_manifest.status, by_rows.status) == (status, status)
    assert (by_manifest.method, by_rows.method) == ("metadata", "sql")


def test_freshness_of_a_day_lasts_until_its_end(lake: Lake) -> None:
    today = dt.datetime.now(dt.UTC).date()
    write(lake, "raw.f", [{"day": today - dt.timedelta(days=1)}], WritePlan())
    fresh, old = ask(
        lake,
        checks.freshness("day", "24h"),
        checks.freshness("day", "1s", name="old"),
        table="raw.f",
    )
    assert (fresh.status, old.status) == ("passed", "failed")


def test_a_check_that_cannot_be_asked_does_not_stop_the_others(lake: Lake) -> None:
    def broken() -> bool:
        raise ZeroDivisionError("oops")

    outcomes = ask(
        lake,
        checks.not_null("cuontry"),
        checks.check("broken", sql="selec 1"),
        checks.check("writes", sql="drop table raw.t"),
        checks.freshness("country", "24h"),
        checks.reference("country", to="raw.nope.code"),
        checks.not_null("id", where="nonsense = 1", name="where"),
        CheckSpec("mine", "python"),
        CheckSpec("unknown", "python"),
        checks.row_count(min=1),
        python={"mine": broken},
    )
    assert [outcome.status for outcome in outcomes] == [*["error"] * 7, "skipped", "passed"]
    assert outcomes[0].is_blocking
    assert outcomes[0].message == "'raw.t' has no column 'cuontry', which the check names"
    assert outcomes[6].message is not None
    assert "ZeroDivisionError: oops" in outcomes[6].message
    assert lake.tables() == ("raw.countries", "raw.t")


class Result:
    passed = False
    failed = 3
    checked = 10
    message = "three are odd"


@pytest.mark.parametrize(
    ("result", "status", "failed", "sample"),
    [
        (True, "passed", 0, 0),
        (False, "failed", 1, 0),
        (None, "passed", 0, 0),
        ([], "passed", 0, 0),
        ([{"id": 1}, {"id": 2}], "failed", 2, 2),
        (pa.table({"id": range(50)}), "failed", 50, 20),
        (Result(), "failed", 3, 0),
    ],
    ids=["true", "false", "none", "no rows", "rows", "arrow", "result"],
)
def test_python_checks_give_bools_results_or_rows(
    lake: Lake, result: Any, status: str, failed: int, sample: int
) -> None:
    (outcome,) = ask(lake, CheckSpec("mine", "python"), python={"mine": lambda: result})
    assert (outcome.status, outcome.failed, outcome.method) == (status, failed, "python")
    assert len(outcome.sample_rows) == sample


def test_checks_look_at_their_ref(lake: Lake) -> None:
    lake.create_branch("dev")
    write(lake, "raw.t", [{"id": 5}], WritePlan(mode="overwrite"), ref="dev")
    (on_dev,) = ask(lake, checks.not_null("id"), ref="dev")
    (on_main,) = ask(lake, checks.not_null("id"))
    assert (on_dev.status, on_dev.ref, on_main.status) == ("passed", "dev", "failed")
    with pytest.raises(UnknownTable):
        ask(lake, checks.row_count(min=1), table="raw.nope")


def test_many_rows_are_grouped_instead_of_sorted(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_module, "_SORTABLE_ROWS", 1)
    double, single = ask(lake, checks.unique("id"), checks.unique("id", "day"))
    assert (double.failed, single.failed) == (1, 0)


def test_columns_added_later_count_their_old_rows_as_null(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 9, "late": 1}], WritePlan())
    (outcome,) = ask(lake, checks.not_null("late"))
    assert (outcome.failed, outcome.checked, outcome.method) == (4, 5, "metadata")


numbers = st.one_of(st.none(), st.integers(-3, 3))


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(numbers, min_size=1, max_size=6), min_size=1, max_size=3))
def test_counts_are_what_python_would_count(
    tmp_path_factory: pytest.TempPathFactory, loads: list[list[int | None]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for load in loads:
        write(lake, "raw.t", [{"id": n, "row": i} for i, n in enumerate(load)], WritePlan())
    values = [n for load in loads for n in load]
    given_values = [n for n in values if n is not None]
    if not given_values:
        return  # a column without a value is no column yet
    nulls, double, outside, odd = ask(
        lake,
        checks.not_null("id"),
        checks.unique("id"),
        checks.between("id", -1, 1),
        checks.accepted_values("id", [-2, 0, 2]),
    )
    assert nulls.failed == values.count(None)
    assert double.failed == len(given_values) - len(set(given_values))
    assert outside.failed == sum(not -1 <= n <= 1 for n in given_values)
    assert odd.failed == sum(n not in (-2, 0, 2) for n in given_values)
