"""What the store tells of runs, steps, materializations and checks; all times are UTC, ISO 8601."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.checks import CheckOutcome

RunState: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelling", "cancelled"]
StepState: TypeAlias = Literal[
    "queued", "running", "succeeded", "failed", "held_back", "skipped", "cancelled"
]
#: States in which something may still happen.
ACTIVE = ("queued", "running", "cancelling")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: what was asked for and how it went."""

    id: str
    state: RunState
    trigger: str
    """Who asked: `manual`, `schedule`, `api`, `asset` or `backfill`."""
    orchestrator: str
    """`runner`, or the name of the service that started the steps."""
    selection: str
    partition: str | None
    ref: str
    queued_at: str
    started_at: str | None
    ended_at: str | None
    assets: tuple[str, ...]
    """The assets planned, in order."""
    error: Mapping[str, Any] | None = None
    """Why it failed, as a `phlo.diagnostic/1` object."""
    pid: int | None = None
    process: str | None = None
    """Tells the process apart from a later one with the same pid."""

    @property
    def is_active(self) -> bool:
        """Whether something may still happen in it."""
        return self.state in ACTIVE

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One asset (or one partition of it) in a run."""

    run_id: str
    asset: str
    partition: str | None
    state: StepState
    started_at: str | None = None
    ended_at: str | None = None
    rows_in: int | None = None
    rows_added: int | None = None
    rows_updated: int | None = None
    rows_deleted: int | None = None
    rows_total: int | None = None
    bytes: int | None = None
    snapshot_id: int | None = None
    attempt: int = 0
    stage: str | None = None
    """What it does while it runs: `reading`, `writing`, `checking`, `publishing`."""
    reason: str | None = None
    """Why it was held back, skipped or cancelled; `unchanged`: it found nothing to change."""
    error: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MaterializationRecord:
    """One publish of an asset's table."""

    asset: str
    partition: str | None
    run_id: str
    at: str
    ref: str
    snapshot_id: int | None
    rows_in: int = 0
    rows_added: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    rows_total: int = 0
    bytes: int = 0
    duration_ms: float = 0.0
    unchanged: bool = False
    """Whether the run found nothing to change."""
    schema_changes: tuple[str, ...] = ()
    inputs: Mapping[str, int] = field(default_factory=dict, hash=False)
    """The snapshots of the tables it read."""
    code_hash: str | None = None
    """What made it: tells a changed definition from an unchanged one."""

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """What a check found, and how it went the times before."""

    run_id: str
    table: str
    check: str
    at: str
    outcome: CheckOutcome
    history: tuple[str, ...] = ()
    """The last statuses, the oldest first, this one included."""

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return {
            "run_id": self.run_id,
            "table": self.table,
            "check": self.check,
            "at": self.at,
            "outcome": self.outcome.as_json(),
            "history": list(self.history),
        }


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its number, which only grows."""

    seq: int
    at: str
    type: str
    run_id: str
    asset: str | None
    partition: str | None
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def as_json(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return asdict(self)
