"""Checks: what is asked of tables, and what was found."""

from datetime import datetime
from typing import Any

from pydantic import Field

from phlo_api.models.base import Model, Observed, Page, Place


class Execution(Model):
    """One time a check was run."""

    run_id: str
    at: datetime
    status: str
    failed: int | None = None
    checked: int | None = None
    ratio: float | None = None
    message: str | None = None
    duration_ms: float = 0.0
    method: str = "sql"
    snapshot_id: str | None = None
    ref: str = "main"


class Check(Model):
    """One check, with how it went."""

    id: str
    name: str
    kind: str
    dataset_id: str
    table: str
    columns: list[str] = Field(default_factory=list)
    severity: str
    description: str | None = None
    status: str = Field(description="`never` when it was not run yet.")
    last: Execution | None = None
    history: list[str] = Field(
        default_factory=list, description="The last 30 statuses, the oldest first."
    )
    place: Place | None = None
    owner: str | None = None
    sql: str | None = Field(default=None, description="Returns the rows that fail.")


class CheckPage(Page[Check]):
    """Checks, and how many are in each state."""

    counts: dict[str, int] = Field(default_factory=dict)


class Executions(Observed):
    """How a check went, the newest first."""

    items: list[Execution]


class FailingRows(Observed):
    """Rows that a check found; int64 and decimal values are strings."""

    columns: list[str]
    rows: list[list[Any]]
    failed: int | None = None
    truncated: bool = False
    sql: str | None = None
