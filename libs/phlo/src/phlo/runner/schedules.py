"""The schedules that the runner keeps: which are due, which are off, and what each makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from phlo.assets.cron_times import CronTimes
from phlo.assets.partitions import Partitions
from phlo.errors.orchestrator import UnknownSchedule
from phlo.orchestration.client import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.store import Store

#: What is kept of a schedule, each part written by one side only: what people said, what it did.
_ON, _DONE, _PROBLEM = "schedule.on/", "schedule.done/", "schedule.problem/"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of an asset, named like it."""

    name: str
    cron: str
    timezone: str
    partitions: Mapping[str, Any] | None

    @classmethod
    def of(cls, asset: AssetSpec) -> Schedule:
        """Return the schedule of an asset that has one; its days begin where the asset's do."""
        assert asset.schedule is not None, "the caller looked"
        timezone = str((asset.partitions or {}).get("timezone") or "UTC")
        return cls(asset.key, asset.schedule, timezone, asset.partitions)

    @property
    def times(self) -> CronTimes:
        """When it is due."""
        return CronTimes.of(self.cron, self.timezone)

    def partition(self, due: datetime) -> str | None:
        """Return the day that is over when it is due, of an asset that is divided by days."""
        if self.partitions is None or self.partitions["kind"] != "daily":
            return None
        return Partitions.from_json(self.partitions).latest(due)

    def has_begun(self, due: datetime) -> bool:
        """Whether there is anything to make: the first of its days is over, the last not past."""
        if self.partitions is None or self.partitions["kind"] != "daily":
            return True
        days = Partitions.from_json(self.partitions)
        yesterday = days.day_before(due)
        return days.first() <= yesterday <= (days.end or yesterday)


def schedules(manifest: Manifest) -> tuple[Schedule, ...]:
    """Return the schedules that the workflow files declare."""
    return tuple(Schedule.of(asset) for asset in manifest.assets if asset.schedule)


@dataclass(frozen=True, slots=True)
class Book:
    """What is written down of a project's schedules.

    A schedule is on until somebody switches it off. It is due once for all the times that it
    missed, counted from when it was last started, first seen, changed or switched on.
    """

    store: Store

    def states(self, manifest: Manifest) -> tuple[ScheduleState, ...]:
        """Return how each schedule stands."""
        now = datetime.now(UTC)
        switched, done = self.store.kept(_ON), self.store.kept(_DONE)
        problems = self.store.kept(_PROBLEM)
        return tuple(
            ScheduleState(
                one.name, one.cron,
                on=(is_on := bool(switched.get(one.name, {}).get("on", True))),
                next=one.times.following(now) if is_on else None,
                timezone=one.timezone,
                last=_time(done.get(one.name, {}).get("started")),
                problem=problems.get(one.name),
            )
            for one in schedules(manifest)
        )  # fmt: skip

    def switch(self, manifest: Manifest, name: str, on: bool) -> None:
        """Switch a schedule on or off.

        Raises:
            UnknownSchedule: No asset of that name has a schedule.
        """
        known = {one.name for one in schedules(manifest)}
        if name not in known:
            raise UnknownSchedule(name, known)
        said = {"on": on, "at": datetime.now(UTC).isoformat()}
        self.store.keep(f"{_ON}{name}", said)

    def due(self, manifest: Manifest, now: datetime) -> list[tuple[Schedule, datetime]]:
        """Return the schedules that are due, each with the last time at which it was."""
        switched, done = self.store.kept(_ON), self.store.kept(_DONE)
        found = []
        for one in schedules(manifest):
            said, known = switched.get(one.name, {}), done.get(one.name, {})
            mark = f"{one.cron} {one.timezone}"
            if known.get("mark") != mark:
                self._begin(one, mark, now)
                continue
            if not said.get("on", True):
                continue
            since = max(_some(known["since"]), _some(said["at"]) if said else _LONG_AGO)
            last = one.times.before(now)
            if last is not None and last > since and one.has_begun(last):
                found.append((one, last))
        return found

    def started(self, schedule: Schedule, due: datetime, now: datetime) -> None:
        """Write down that a schedule's run was asked for."""
        value = {
            "mark": f"{schedule.cron} {schedule.timezone}",
            "since": due.isoformat(), "started": now.isoformat(),
        }  # fmt: skip
        self.store.keep(f"{_DONE}{schedule.name}", value)

    def tell(self, schedule: str, problem: str | None) -> None:
        """Write down why a schedule's run could not be started; None if it could."""
        if self.store.kept(_PROBLEM).get(schedule) != problem:
            self.store.keep(f"{_PROBLEM}{schedule}", problem)

    def _begin(self, schedule: Schedule, mark: str, now: datetime) -> None:
        """Count from now: what was due before anybody kept it is not made up for."""
        known = self.store.kept(_DONE).get(schedule.name, {})
        value = {**known, "mark": mark, "since": now.isoformat()}
        self.store.keep(f"{_DONE}{schedule.name}", value)


_LONG_AGO = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


def _some(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
