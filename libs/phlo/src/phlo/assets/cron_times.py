"""When a cron expression is due: the last time before a moment, and the next one after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from phlo.assets.cron import FIELDS, MACROS, PART

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

#: The longest pause that an expression can mean: 29 February, over a year such as 2100.
_MOST_DAYS = 8 * 366
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The moments that an expression names in a time zone.

    CronTimes.of("30 6 * * mon-fri", "Europe/Berlin").following(now)
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    """Whether a day must fit both its day of month and its day of week; else one is enough."""
    every_hour: bool
    """Whether it goes by the hour; such a one is due in both of the hours that a clock repeats."""
    zone: tzinfo

    @classmethod
    def of(cls, text: str, timezone: str = "UTC") -> CronTimes:
        """Return the moments of an expression in which nothing is wrong."""
        parts = MACROS.get(text, text).lower().split()
        minutes, hours, days, months, weekdays = (
            _values(part, *field[1:]) for part, field in zip(parts, FIELDS, strict=True)
        )
        return cls(
            tuple(sorted(minutes)), tuple(sorted(hours)), days, months,
            frozenset(day % 7 for day in weekdays),
            any_day=parts[2].startswith("*") or parts[4].startswith("*"),
            every_hour=parts[1].startswith("*"),
            zone=_zone(timezone),
        )  # fmt: skip

    def following(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment, in UTC; None if there is none for years."""
        first = moment.astimezone(self.zone).date() - _DAY
        for offset in range(_MOST_DAYS):
            later = [one for one in self._on(first + offset * _DAY) if one > moment]
            if later:
                return min(later)
        return None

    def before(self, moment: datetime) -> datetime | None:
        """Return the last time up to a moment, in UTC; None if there is none for years."""
        last = moment.astimezone(self.zone).date() + _DAY
        for offset in range(_MOST_DAYS):
            earlier = [one for one in self._on(last - offset * _DAY) if one <= moment]
            if earlier:
                return max(earlier)
        return None

    def _on(self, day: date) -> Iterator[datetime]:
        if not self._is_day(day):
            return
        for hour in self.hours:
            for minute in self.minutes:
                at = datetime.combine(day, time(hour, minute), self.zone)
                # A time that the clock leaves out in spring is due when it has jumped.
                yield at.astimezone(UTC)
                again = at.replace(fold=1)
                if self.every_hour and _offset(at) > _offset(again):
                    yield again.astimezone(UTC)

    def _is_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return all(fits) if self.any_day else any(fits)


def _values(part: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for item in part.split(","):
        match = PART.fullmatch(item)
        assert match is not None, "the expression was checked when it was read"
        ends = (
            [low, high] if match[1] == "*"
            else [names[end] if end in names else int(end) for end in match[1].split("-")]
        )  # fmt: skip
        # `5/15` begins at 5 and goes on to the end; `5` alone is only 5.
        last = high if match[2] and len(ends) == 1 else ends[-1]
        found.update(range(ends[0], last + 1, int(match[2] or 1)))
    return frozenset(found)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # reads the time zones from disk; mostly not needed

    return ZoneInfo(name)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()
