"""Partitions: the parts of a table that are made one at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NoReturn

from phlo.errors.selection import BadPartition
from phlo.errors.workflow import BadParameter, NotYet

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
RANGE = ".."


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: a day (`2026-01-01`, with its start and end), or a static key."""

    key: str
    start: datetime | None = None
    end: datetime | None = None
    """The first moment after it."""

    def __post_init__(self) -> None:
        if self.start is None and (day := _day(self.key)) is not None:
            object.__setattr__(self, "start", _midnight(day, UTC))
            object.__setattr__(self, "end", _midnight(day + timedelta(days=1), UTC))

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class Partitions:
    """How a table is divided: by day, or into parts with names."""

    kind: str
    start: str | None = None
    end: str | None = None
    timezone: str = "UTC"
    keys: tuple[str, ...] = ()
    column: str | None = None
    """The column whose value says which partition a row is of."""

    def as_json(self) -> dict[str, Any]:
        """Return the definition as JSON values."""
        if self.kind == "static":
            return {"kind": "static", "keys": list(self.keys), "column": self.column}
        return {
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "timezone": self.timezone,
            "column": self.column,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Partitions:
        """Return the definition that `as_json` wrote."""
        values: dict[str, Any] = {k: tuple(v) if k == "keys" else v for k, v in value.items()}
        return cls(**values)

    def partition(self, key: str) -> Partition:
        """Return one partition with its bounds."""
        day = _day(key)
        if self.kind == "static" or day is None:
            return Partition(key)
        zone = _zone(self.timezone)
        return Partition(key, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))

    def choose(self, asset: str, text: str, now: datetime | None = None) -> tuple[str, ...]:
        """Return the keys that `K` or `FROM..TO` stands for.

        Raises:
            BadPartition: The asset has no such partition.
        """
        first, is_range, last = text.partition(RANGE)
        if not is_range:
            return (self._check(asset, first, now),)
        low = self._check(asset, first, now) if first else self.first()
        high = self._check(asset, last, now) if last else self.latest(now)
        keys = self.between(low, high)
        if not keys:
            raise BadPartition(asset, text, "it ends before it begins", fix=f"write {high}..{low}")
        return keys

    def between(self, low: str, high: str) -> tuple[str, ...]:
        """Return the keys from one to another, both included."""
        if self.kind == "static":
            return self.keys[self.keys.index(low) : self.keys.index(high) + 1]
        begin, end = date.fromisoformat(low), date.fromisoformat(high)
        return tuple((begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1))

    def first(self) -> str:
        """Return the first key."""
        return self.keys[0] if self.kind == "static" else self.start or ""

    def latest(self, now: datetime | None = None) -> str:
        """Return the last key: for days the last one that is over, but not before the first."""
        if self.kind == "static":
            return self.keys[-1]
        yesterday = self.day_before(now)
        return max(self.first(), min(yesterday, self.end or yesterday))

    def day_before(self, now: datetime | None = None) -> str:
        """Return the last day that is over, where the days begin and end."""
        return (_today(self.timezone, now) - timedelta(days=1)).isoformat()

    def _check(self, asset: str, key: str, now: datetime | None) -> str:
        if self.kind == "static":
            if key not in self.keys:
                raise BadPartition(
                    asset, key, "it is none of its keys", fix=f"choose of {', '.join(self.keys)}"
                )
            return key
        if _day(key) is None:
            raise BadPartition(
                asset, key, "its partitions are days", fix=f"write a day like {self.latest(now)}"
            )
        today = min(_today(self.timezone, now).isoformat(), self.end or "9999")
        if not self.first() <= key <= today:
            raise BadPartition(
                asset,
                key,
                f"they are from {self.first()} to {today}",
                fix=f"choose a day among them, such as {self.latest(now)}",
            )
        return key


def daily(
    start: str | date,
    *,
    end: str | date | None = None,
    timezone: str = "UTC",
    column: str | None = None,
) -> Partitions:
    """Divide a table by day.

    Args:
        start: The first day.
        end: The last day; none means that there is one more every day.
        timezone: Where days begin and end.
        column: The column whose value says which day a row is of; an overwrite of one day
            needs it.
    """
    first, last = _text(start, "start"), None if end is None else _text(end, "end")
    if last is not None and last < first:
        raise BadParameter("end", f"is '{last}', before the start '{first}'", fix="swap them")
    _zone(timezone)
    return Partitions("daily", first, last, timezone, column=column)


def static(*keys: str, column: str | None = None) -> Partitions:
    """Divide a table into parts with names: `phlo.static("eu", "us")`."""
    names = tuple(str(key) for key in keys)
    if not names:
        raise BadParameter("static", "has no key", fix='write phlo.static("eu", "us")')
    for name in names:
        if not name or RANGE in name or names.count(name) > 1:
            problem = "is there twice" if names.count(name) > 1 else "cannot be a key"
            raise BadParameter(repr(name), problem, fix="give each part a name of its own")
    return Partitions("static", keys=names, column=column)


def hourly(*_: Any, **__: Any) -> NoReturn:
    """Divide a table by hour (comes later)."""
    raise NotYet("phlo.hourly", fix="use phlo.daily for now")


def weekly(*_: Any, **__: Any) -> NoReturn:
    """Divide a table by week (comes later)."""
    raise NotYet("phlo.weekly", fix="use phlo.daily for now")


def monthly(*_: Any, **__: Any) -> NoReturn:
    """Divide a table by month (comes later)."""
    raise NotYet("phlo.monthly", fix="use phlo.daily for now")


def parse(value: Mapping[str, Any]) -> Partitions:
    """Return the definition of a SQL header: `{daily: 2026-01-01}` or `{static: [eu, us]}`."""
    given = dict(value)
    if "daily" in given:
        return daily(given.pop("daily"), **given)
    if "static" in given:
        return static(*given.pop("static"), **given)
    for name, make in (("hourly", hourly), ("weekly", weekly), ("monthly", monthly)):
        if name in given:
            make()
    raise BadParameter(
        "partitions",
        f"has neither 'daily' nor 'static': {value!r}",
        fix="write partitions: {daily: 2026-01-01, column: day}",
    )


def _text(day: str | date, name: str) -> str:
    text = day.isoformat()[:10] if isinstance(day, date) else str(day)
    if _day(text) is None:
        raise BadParameter(name, f"is '{day}', which is no day", fix="write it as 2026-01-31")
    return text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _today(timezone: str, now: datetime | None) -> date:
    return (now or datetime.now(UTC)).astimezone(_zone(timezone)).date()


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # reads the time zones from disk; mostly not needed

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadParameter(
            "timezone", f"is '{name}', which is unknown", fix="write one like 'Europe/Berlin'"
        ) from None
