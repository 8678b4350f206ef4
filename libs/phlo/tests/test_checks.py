"""Checks as users write them: by functions, in YAML, and as JSON in between."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from phlo import checks
from phlo.errors import Where
from phlo.errors.data import BadCheck
from phlo.model.checks import KINDS, CheckOutcome, CheckSpec
from phlo.model.durations import parse_duration


def test_names_are_stable() -> None:
    specs = checks.flatten(
        [
            checks.not_null("carrier", "flight"),
            checks.unique("year", "month"),
            checks.accepted_values("origin", ["JFK"]),
            checks.between("month", 1, 12),
            checks.matches("tail", "N.*"),
            checks.row_count(min=1),
            checks.freshness("at", "24h"),
            checks.reference("carrier", to="lake.raw.airlines.carrier"),
            checks.check("no_time_travel", sql="select 1"),
        ]
    )
    assert [spec.name for spec in specs] == [
        "not_null:carrier",
        "not_null:flight",
        "unique:year,month",
        "accepted_values:origin",
        "between:month",
        "matches:tail",
        "row_count",
        "freshness:at",
        "reference:carrier",
        "no_time_travel",
    ]
    assert {spec.kind for spec in specs} == set(KINDS) - {"python"}
    assert specs[8].arguments == {"to": "raw.airlines.carrier"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: checks.not_null(),
        lambda: checks.not_null("a", "b", name="both"),
        lambda: checks.unique(),
        lambda: checks.accepted_values("a", []),
        lambda: checks.between("a"),
        lambda: checks.row_count(),
        lambda: checks.freshness("a", "soon"),
        lambda: checks.reference("a", to="carrier"),
        lambda: checks.reference(("a", "b"), to="raw.t.c"),
        lambda: checks.check("a", sql=" "),
        lambda: checks.not_null("a", max_ratio=2),
        lambda: checks.not_null("a", severity="fatal"),  # type: ignore[arg-type]
        lambda: checks.flatten([checks.not_null("a"), checks.not_null("a")]),
        lambda: checks.flatten(["not_null"]),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(BadCheck) as caught:
        make()
    assert caught.value.fix.text


def test_yaml_makes_the_same_specifications() -> None:
    items = [
        {"not_null": ["carrier", "flight"]},
        {"unique": ["a", "b"], "severity": "warn", "name": "pair"},
        {"accepted_values": {"column": "origin", "values": ["JFK"], "where": "year = 2013"}},
        {"between": {"column": "d", "min": dt.date(2026, 1, 1)}},
        {"row_count": 5},
        {"matches": {"column": "tail", "pattern": "N.*"}, "max_ratio": 0.1},
        {"freshness": {"column": "at", "max_age": "24h"}},
        {"reference": {"column": "carrier", "to": "raw.airlines.carrier"}},
        {"sql": {"name": "odd", "sql": "select 1"}},
    ]
    assert checks.parse_checks(items) == checks.flatten(
        [
            checks.not_null("carrier", "flight"),
            checks.unique("a", "b", severity="warn", name="pair"),
            checks.accepted_values("origin", ["JFK"], where="year = 2013"),
            checks.between("d", "2026-01-01"),
            checks.row_count(min=5),
            checks.matches("tail", "N.*", max_ratio=0.1),
            checks.freshness("at", "24h"),
            checks.reference("carrier", to="raw.airlines.carrier"),
            checks.check("odd", sql="select 1"),
        ]
    )


@pytest.mark.parametrize(
    ("items", "said", "fix"),
    [
        ([{"not_nul": "a"}], "no check 'not_nul'", "'not_null'"),
        ([{"between": {"column": "a", "mn": 1}}], "takes no 'mn'", "'min'"),
        ([{"not_null": "a", "severty": "warn"}], "takes no 'severty'", "'severity'"),
        ([{"accepted_values": {"column": "a"}}], "needs 'values'", "values"),
        ([{"not_null": "a", "unique": "b"}], "two kinds", "one item"),
        ([{}], "no kind", "not_null"),
        ([3], "no check", "not_null"),
        ({"not_null": "a"}, "no list", "not_null"),
        (["row_count"], "neither min nor max", "row_count"),
        ([{"not_null": "a"}, {"not_null": "a"}], "twice", "name"),
    ],
)
def test_yaml_faults_are_named_with_a_way_out(items: Any, said: str, fix: str) -> None:
    where = Where("workflows/a.sql", 3)
    with pytest.raises(BadCheck) as caught:
        checks.parse_checks(items, where)
    assert said in caught.value.message
    assert fix in caught.value.fix.text


def test_yaml_checks_know_their_place() -> None:
    where = Where("workflows/a.sql", 3)
    (spec,) = checks.parse_checks([{"not_null": "a"}], where)
    assert (spec.file, spec.line) == ("workflows/a.sql", 3)
    with pytest.raises(BadCheck) as caught:
        checks.parse_checks([{"nope": "a"}], where)
    assert caught.value.where == where


def test_specifications_and_outcomes_survive_json() -> None:
    spec = checks.between("month", 1, dt.date(2026, 1, 1), max_rows=3, where="a > 1")
    assert CheckSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec
    outcome = CheckOutcome(
        spec, "raw.t", "main", 7, "failed", 1, 2, 0.5, "select 1", ("a",), ((None,),), "m", 1.5
    )
    text = json.dumps(outcome.as_json() | {"later": True})
    assert CheckOutcome.from_json(json.loads(text)) == outcome


def test_only_failed_errors_block() -> None:
    def outcome(status: Any, severity: Any) -> CheckOutcome:
        return CheckOutcome(CheckSpec("a", "sql", severity=severity), "raw.t", "main", 1, status)

    assert outcome("failed", "error").is_blocking
    assert outcome("error", "error").is_blocking
    assert not outcome("error", "warn").is_blocking
    assert not any(outcome(s, "error").is_blocking for s in ("passed", "warned", "skipped"))


@pytest.mark.parametrize(
    ("text", "hours"), [("90m", 1.5), ("24h", 24), ("7d", 168), ("2w", 336), (" 36 s ", 0.01)]
)
def test_durations(text: str, hours: float) -> None:
    assert parse_duration(text) == dt.timedelta(hours=hours)
    assert parse_duration("h") is None
    assert parse_duration("1 fortnight") is None
