"""What every orchestrator's client offers to phlo: launch runs, follow them, tell what it knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from phlo.orchestration.events import Event
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.records import CheckRecord, MaterializationRecord

T = TypeVar("T")


class RunState(StrEnum):
    """What can be said of a run, whoever runs it."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


#: States after which nothing happens any more.
OVER = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


class Can(StrEnum):
    """What an orchestrator can do that others cannot."""

    PARTITIONS = "partitions"
    BACKFILL = "backfill"
    MULTI_ASSET_RUN = "multi_asset_run"
    CANCEL = "cancel"
    LIVE_LOGS = "live_logs"
    NATIVE_CHECKS = "native_checks"
    NATIVE_LINEAGE = "native_lineage"
    REPORT = "report"
    SCHEDULE_TOGGLE = "schedule_toggle"
    ASSET_TRIGGER = "asset_trigger"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run."""

    assets: tuple[str, ...]
    """Exactly these, in their order; what is downstream runs only with `cascade`."""
    partition: str | None = None
    checks: bool = True
    cascade: bool = False
    key: str | None = None
    """Asked twice with one key it runs once."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run, as its orchestrator knows it."""

    orchestrator: str
    id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How a run stands."""

    ref: RunRef
    state: RunState
    reason: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    assets: Mapping[str, RunState] = field(default_factory=dict, hash=False)
    trigger: str = "manual"


@dataclass(frozen=True, slots=True)
class AssetState:
    """What an orchestrator knows of an asset."""

    key: str
    last: MaterializationRecord | None = None
    checks: Mapping[str, CheckRecord] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a step printed or logged."""

    at: datetime
    level: str
    asset: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """What an orchestrator has loaded."""

    hash: str | None
    """Of the manifest that they were made of."""
    assets: frozenset[str] = frozenset()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How the parts of an orchestrator stand: `ok`, `starting`, or what is wrong."""

    parts: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_good(self) -> bool:
        """Whether all parts work."""
        return all(part == "ok" for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """A schedule, and whether it is kept."""

    name: str
    cron: str
    on: bool
    next: datetime | None = None
    timezone: str = "UTC"
    last: datetime | None = None
    """When a run of it was last asked for."""
    problem: str | None = None
    """Why the last one could not be started."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and where the next ones begin."""

    items: tuple[T, ...]
    cursor: str | None = None


class OrchestratorClient(Protocol):
    """The half of an orchestrator's package that phlo imports; it never imports the orchestrator.

    client.launch(RunRequest(("raw.orders", "marts.totals")))
    """

    @property
    def name(self) -> str:
        """The orchestrator's name."""
        ...

    @property
    def can(self) -> frozenset[Can]:
        """What it can do."""
        ...

    def files(self, manifest: Manifest, home: Path) -> Mapping[str, str]:
        """Return the files that it needs, by name; nothing is written."""
        ...

    def health(self) -> Health:
        """Return how its parts stand."""
        ...

    def definitions(self) -> Definitions:
        """Return what it has loaded now."""
        ...

    def reload(self, timeout: float = 60) -> Definitions:
        """Let it load the manifest again, and wait until it has."""
        ...

    def launch(self, request: RunRequest) -> RunRef:
        """Start a run, and return at once."""
        ...

    def status(self, ref: RunRef) -> RunStatus:
        """Return how a run stands; a state that it does not know is UNKNOWN."""
        ...

    def runs(
        self, *, asset: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[RunStatus]:
        """Return runs, the newest first."""
        ...

    def cancel(self, ref: RunRef) -> None:
        """Ask a run to end."""
        ...

    def logs(self, ref: RunRef, *, cursor: str | None = None) -> Page[LogLine]:
        """Return what a run's steps printed and logged."""
        ...

    def asset_states(self, keys: Collection[str]) -> Mapping[str, AssetState]:
        """Return what it knows of assets."""
        ...

    def lineage(self) -> frozenset[tuple[str, str]]:
        """Return who reads whom, as (upstream, downstream)."""
        ...

    def schedules(self) -> Sequence[ScheduleState]:
        """Return the schedules."""
        ...

    def set_schedule(self, name: str, on: bool) -> None:
        """Switch a schedule on or off."""
        ...

    def backfill(self, request: RunRequest, partitions: Sequence[str]) -> Sequence[RunRef]:
        """Start a run for each of many partitions."""
        ...

    def report(self, events: Sequence[Event]) -> None:
        """Tell it of a run that was made outside of it."""
        ...
