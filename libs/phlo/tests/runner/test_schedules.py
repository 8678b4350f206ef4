"""When schedules are due, and what is remembered of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from phlo.assets.spec import AssetSpec
from phlo.errors.orchestrator import UnknownSchedule
from phlo.orchestration.manifest import Manifest
from phlo.orchestration.store import Store
from phlo.runner.schedules import Book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def manifest(cron: str | None = "0 * * * *", **more: Any) -> Manifest:
    asset = AssetSpec("raw.orders", "ingestion", "a.py", 1, "orders", "raw", schedule=cron, **more)
    return Manifest((asset,))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Store.open(tmp_path) as store:
        yield Book(store)


def due(book: Book, known: Manifest, now: datetime) -> list[datetime]:
    found = book.due(known, now)
    for schedule, at in found:
        book.started(schedule, at, now)
    return [at for _, at in found]


def test_what_was_due_before_anybody_kept_it_is_not_made_up_for(book: Book) -> None:
    assert due(book, manifest(), NOON + 0.5 * HOUR) == []
    assert due(book, manifest(), NOON + 0.9 * HOUR) == []
    assert due(book, manifest(), NOON + HOUR) == [NOON + HOUR]
    assert due(book, manifest(), NOON + 1.5 * HOUR) == []


def test_of_many_times_that_were_missed_one_is_made_up_for(book: Book) -> None:
    due(book, manifest(), NOON)
    assert due(book, manifest(), NOON + 30.5 * HOUR) == [NOON + 30 * HOUR]
    assert due(book, manifest(), NOON + 30.6 * HOUR) == []


def test_a_schedule_that_changed_counts_from_then(book: Book) -> None:
    due(book, manifest(), NOON)
    assert due(book, manifest("*/30 * * * *"), NOON + 1.2 * HOUR) == []
    assert due(book, manifest("*/30 * * * *"), NOON + 1.5 * HOUR) == [NOON + 1.5 * HOUR]


def test_one_that_is_off_is_never_due_and_counts_anew_when_it_is_on_again(book: Book) -> None:
    now = datetime.now(UTC)
    known = manifest("* * * * *")
    due(book, known, now - 5 * HOUR)
    book.switch(known, "raw.orders", False)
    assert due(book, known, now + HOUR) == []
    assert [one.next for one in book.states(known)] == [None]
    book.switch(known, "raw.orders", True)
    # Not for the hours that it was off: only what comes after the switch.
    assert due(book, known, datetime.now(UTC).replace(second=0, microsecond=0)) == []
    assert len(due(book, known, now + HOUR)) == 1
    [state] = book.states(known)
    assert state.on
    assert state.next is not None
    assert state.last is not None


def test_a_day_is_made_when_it_is_over_where_its_days_end(book: Book) -> None:
    days = {"kind": "daily", "start": "2026-03-01", "timezone": "America/New_York"}
    known = manifest("0 1 * * *", partitions=days)
    due(book, known, NOON)
    [(schedule, at)] = book.due(known, NOON + 24 * HOUR)
    assert at == datetime(2026, 3, 11, 5, tzinfo=UTC)
    assert schedule.partition(at) == "2026-03-10"


def test_days_that_have_not_begun_or_are_all_made_are_not_due(book: Book) -> None:
    for start, end in (("2026-04-01", None), ("2026-01-01", "2026-02-01")):
        days = {"kind": "daily", "start": start, "end": end, "timezone": "UTC"}
        known = manifest("0 1 * * *", partitions=days)
        due(book, known, NOON)
        assert due(book, known, NOON + 24 * HOUR) == []


def test_a_schedule_that_no_asset_has_is_named(book: Book) -> None:
    with pytest.raises(UnknownSchedule, match=r"raw\.nothing"):
        book.switch(manifest(), "raw.nothing", True)
    with pytest.raises(UnknownSchedule):
        book.switch(manifest(None), "raw.orders", False)


def test_what_kept_it_from_starting_is_told_until_it_starts(book: Book) -> None:
    book.tell("raw.orders", "error[PHLO-A100]: broken")
    assert [one.problem for one in book.states(manifest())] == ["error[PHLO-A100]: broken"]
    book.tell("raw.orders", None)
    assert [one.problem for one in book.states(manifest())] == [None]
