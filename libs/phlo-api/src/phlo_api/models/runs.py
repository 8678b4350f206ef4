"""Runs, their steps and what happened in them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from phlo_api.models.base import Diagnostic, Model, Observed


class Run(Model):
    """One run, in short."""

    id: str
    state: str
    trigger: str
    orchestrator: str
    selection: str
    partition: str | None = None
    ref: str
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: float | None = None
    assets: list[str]
    is_active: bool
    error: Diagnostic | None = None


class Step(Model):
    """One asset in a run."""

    asset: str
    dataset_id: str
    partition: str | None = None
    state: str
    stage: str | None = None
    reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: float | None = None
    rows_in: int | None = None
    rows_added: int | None = None
    rows_updated: int | None = None
    rows_deleted: int | None = None
    rows_total: int | None = None
    bytes: int | None = None
    snapshot_id: str | None = None
    attempt: int = 0
    error: Diagnostic | None = None


class RunDetail(Run, Observed):
    """One run with its steps."""

    steps: list[Step]
    url: str | None = Field(
        default=None, description="Its page in the orchestrator that makes it, once that has told."
    )


class Steps(Observed):
    """The steps of a run."""

    items: list[Step]


class Event(Model):
    """Something that happened; the number only grows."""

    id: int
    at: datetime
    type: str
    run_id: str
    asset: str | None = None
    partition: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class Events(Observed):
    """Events in their order."""

    items: list[Event]
    next_after: int = Field(description="Give it as `after` for what follows.")
    truncated: bool = False


class Launch(Model):
    """What to make."""

    selection: str = Field(default="*", max_length=2_000, examples=["marts.delays", "raw.flights+"])
    partition: str | None = Field(default=None, max_length=200)
    full_refresh: bool = False
    orchestrator: str | None = Field(
        default=None, max_length=100, description="`runner`, or a service; else the project's."
    )
