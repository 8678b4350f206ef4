"""Queries: a statement, how far it is, and its rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from phlo_api.models.base import Diagnostic, Model


class QueryState(StrEnum):
    """How far a query is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class QueryRequest(Model):
    """A statement to run; it only reads."""

    sql: str = Field(min_length=1, max_length=200_000, examples=["select * from raw.flights"])
    ref: str = Field(default="main", max_length=200)
    engine: str | None = Field(
        default=None, max_length=100, description="What runs it; by default the project's engine."
    )


class Engine(Model):
    """Something that runs SQL."""

    name: str
    is_default: bool = Field(description="It runs what names no engine.")
    problem: str | None = Field(default=None, description="Why it cannot be used now.")


class EngineList(Model):
    """Every engine of the project, the one that is used by itself first."""

    items: list[Engine]


class QueryStats(Model):
    """What a query did so far."""

    elapsed_ms: float
    rows: int
    bytes: int
    progress: float | None = Field(default=None, description="From 0 to 1; null when unknown.")


class QueryColumn(Model):
    """One column of a result."""

    name: str
    type: str = Field(description="In words: `bigint`, `timestamp`, `text`.")
    arrow_type: str
    nullable: bool = True


class Limit(Model):
    """What was cut off, and why."""

    applied: bool = False
    reason: str | None = None


class Query(Model):
    """One query."""

    id: str
    state: QueryState
    sql: str
    ref: str
    engine: str
    started_at: datetime
    ended_at: datetime | None = None
    stats: QueryStats
    columns: list[QueryColumn] = Field(default_factory=list)
    row_count: int = 0
    complete: bool = False
    limit: Limit = Limit()
    warnings: list[str] = Field(default_factory=list)
    error: Diagnostic | None = None


class QueryList(Model):
    """The queries of the last hour, the newest first."""

    items: list[Query]


class Rows(Model):
    """A window of rows; int64 and decimal values are strings."""

    columns: list[QueryColumn]
    rows: list[list[Any]]
    offset: int
    row_count: int
    complete: bool
    truncated: bool = False
