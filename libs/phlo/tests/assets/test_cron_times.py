"""When cron expressions are due, in time zones whose clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from phlo.assets.cron_times import CronTimes


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("* * * * *", "2026-01-01T00:00:30", "2026-01-01T00:01:00"),
        ("0 6 * * *", "2026-01-01T06:00:00", "2026-01-02T06:00:00"),
        ("*/20 9-10 * * *", "2026-01-01T09:40:00", "2026-01-01T10:00:00"),
        ("5/25 8 * * *", "2026-01-01T08:05:00", "2026-01-01T08:30:00"),
        ("0 0 * * mon-fri", "2026-01-03T00:00:00", "2026-01-05T00:00:00"),
        ("0 0 * * 7", "2026-01-01T00:00:00", "2026-01-04T00:00:00"),
        ("@monthly", "2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("0 12 29 feb *", "2026-01-01T00:00:00", "2028-02-29T12:00:00"),
        # The thirteenth, or a Friday: both are written, so one is enough.
        ("0 0 13 * fri", "2026-01-09T00:00:00", "2026-01-13T00:00:00"),
        # The star of `*/2` leaves both to fit: an odd day that is a Friday.
        ("0 0 */2 * fri", "2026-01-02T00:00:00", "2026-01-09T00:00:00"),
    ],
)
def test_the_next_time_is_found_and_found_again_backwards(
    cron: str, after: str, expected: str
) -> None:
    times = CronTimes.of(cron)
    found = times.following(utc(after))
    assert found == utc(expected)
    assert times.before(found) == found


def test_a_day_that_never_comes_is_never_due() -> None:
    assert CronTimes.of("0 0 31 2 *").following(utc("2026-01-01T00:00:00")) is None
    assert CronTimes.of("0 0 31 2 *").before(utc("2026-01-01T00:00:00")) is None


def following(cron: str, after: str, count: int) -> list[str]:
    found, times = [], CronTimes.of(cron, "Europe/Berlin")
    at = utc(after)
    for _ in range(count):
        at = times.following(at) or at
        found.append(f"{at:%m-%d %H:%M}")
    return found


def test_a_time_that_the_clock_leaves_out_is_due_once_on_that_day() -> None:
    assert following("30 2 * * *", "2026-03-28T12:00:00", 2) == ["03-29 01:30", "03-30 00:30"]


def test_a_time_that_the_clock_repeats_is_due_once() -> None:
    assert following("30 2 * * *", "2026-10-24T12:00:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_what_goes_by_the_hour_is_due_in_every_hour_that_there_is() -> None:
    assert following("0 * * * *", "2026-10-24T23:30:00", 3) == [
        "10-25 00:00", "10-25 01:00", "10-25 02:00",
    ]  # fmt: skip
    assert following("0 */2 * * *", "2026-03-28T23:30:00", 3) == [
        "03-29 01:00", "03-29 02:00", "03-29 04:00",
    ]  # fmt: skip
