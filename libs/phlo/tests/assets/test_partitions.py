from __future__ import annotations

from datetime import UTC, datetime

import pytest

import phlo
from phlo.assets.partitions import Partition, Partitions, parse
from phlo.errors import PhloError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_a_day_has_its_bounds() -> None:
    day = phlo.Partition("2026-01-31")

    assert day.start == datetime(2026, 1, 31, tzinfo=UTC)
    assert day.end == datetime(2026, 2, 1, tzinfo=UTC)
    assert str(day) == "2026-01-31"


def test_a_static_key_has_no_bounds() -> None:
    assert Partition("eu").start is None


def test_a_day_begins_where_its_timezone_says() -> None:
    day = phlo.daily("2026-01-01", timezone="Europe/Berlin").partition("2026-07-01")

    assert day.start is not None
    assert day.start.astimezone(UTC) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_day_of_a_clock_change_has_23_hours() -> None:
    day = phlo.daily("2026-01-01", timezone="Europe/Berlin").partition("2026-03-29")

    assert day.start is not None
    assert day.end is not None
    assert (day.end.astimezone(UTC) - day.start.astimezone(UTC)).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("2026-02-27", ("2026-02-27",)),
        ("2026-02-27..2026-03-01", ("2026-02-27", "2026-02-28", "2026-03-01")),
        ("2026-03-08..", ("2026-03-08", "2026-03-09")),
        ("..2026-01-02", ("2026-01-01", "2026-01-02")),
        ("2026-03-10", ("2026-03-10",)),
    ],
)
def test_choosing_days_gives_their_keys(text: str, keys: tuple[str, ...]) -> None:
    assert phlo.daily("2026-01-01").choose("raw.x", text, NOW) == keys


@pytest.mark.parametrize(
    "text", ["2025-12-31", "2026-03-11", "2026-02-30", "yesterday", "2026-02-02..2026-02-01"]
)
def test_a_day_that_is_none_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(PhloError) as error:
        phlo.daily("2026-01-01").choose("raw.x", text, NOW)

    assert error.value.code == "PHLO-A820"
    assert "2026-" in error.value.fix.text


def test_static_keys_are_chosen_in_their_order() -> None:
    parts = phlo.static("eu", "us", "asia")

    assert parts.choose("raw.x", "eu..us") == ("eu", "us")
    with pytest.raises(PhloError, match="it is none of its keys"):
        parts.choose("raw.x", "africa")


@pytest.mark.parametrize("kind", ["hourly", "weekly", "monthly"])
def test_what_comes_later_says_so(kind: str) -> None:
    with pytest.raises(PhloError) as error:
        getattr(phlo, kind)("2026-01-01")

    assert error.value.code == "PHLO-A818"


@pytest.mark.parametrize("parts", [phlo.daily("2026-01-01", column="d"), phlo.static("a", "b")])
def test_a_definition_survives_json(parts: Partitions) -> None:
    assert Partitions.from_json(parts.as_json()) == parts


def test_a_header_says_the_same_as_python() -> None:
    assert parse({"daily": "2026-01-01", "column": "d"}) == phlo.daily("2026-01-01", column="d")
    assert parse({"static": ["a", "b"]}) == phlo.static("a", "b")


@pytest.mark.parametrize(
    "make",
    [
        lambda: phlo.daily("soon"),
        lambda: phlo.daily("2026-01-02", end="2026-01-01"),
        lambda: phlo.daily("2026-01-01", timezone="Mars/Base"),
        lambda: phlo.static(),
        lambda: phlo.static("a", "a"),
        lambda: phlo.static("a..b"),
    ],
)
def test_a_definition_that_means_nothing_is_refused(make: object) -> None:
    with pytest.raises(PhloError) as error:
        make()  # type: ignore[operator]

    assert error.value.code == "PHLO-A803"
