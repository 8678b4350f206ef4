"""Datasets: asset and table as one record."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from phlo_api.models.base import Diagnostic, Model, Observed, Page, Place


class Standing(StrEnum):
    """How a dataset is, all things taken together."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    HELD_BACK = "held_back"
    RUNNING = "running"
    LATE = "late"
    STALE = "stale"
    SKIPPED = "skipped"
    NEVER = "never"
    UNKNOWN = "unknown"


class Status(Model):
    """How a dataset is, by what was asked."""

    overall: Standing
    freshness: Standing
    quality: Standing
    run: Standing
    reason: str | None = Field(default=None, description="Why it is not ok, in one line.")


class TableRef(Model):
    """The table of a dataset."""

    catalog: str = "lake"
    schema_name: str
    name: str


class RowCount(Model):
    """How many rows there are."""

    value: int
    exact: bool = True


class LastRun(Model):
    """The last step that ended."""

    id: str
    state: str
    at: datetime | None = None


class CheckSummary(Model):
    """How the checks of a dataset went."""

    total: int = 0
    passed: int = 0
    warned: int = 0
    failed: int = 0
    never: int = 0


class Dataset(Model):
    """One dataset, in short."""

    id: str
    name: str
    kind: str = Field(description="`ingestion`, `sql`, `python`, or `table`: made outside.")
    namespace: str
    group: str | None = None
    owner: str | None = None
    tags: list[str] = Field(default_factory=list)
    description: str | None = None
    table: TableRef | None = None
    asset_key: list[str] | None = None
    engine: str | None = None
    ref: str
    status: Status
    last_run: LastRun | None = None
    last_updated: datetime | None = None
    row_count: RowCount | None = None
    size_bytes: int | None = None
    columns_count: int | None = None
    checks: CheckSummary
    upstream_count: int = 0
    downstream_count: int = 0


class Facet(Model):
    """A value that a list can be narrowed to, and how many have it."""

    value: str
    count: int


class DatasetPage(Page[Dataset]):
    """Datasets, and what they can be narrowed to."""

    facets: dict[str, list[Facet]] = Field(default_factory=dict)


class PartitionField(Model):
    """How the files of a table are laid out."""

    name: str
    source: str
    transform: str


class DatasetDetail(Dataset, Observed):
    """One dataset, in full."""

    mode: str | None = None
    key_columns: list[str] = Field(default_factory=list)
    materialized: str | None = None
    schedule: str | None = None
    freshness_warn: str | None = None
    freshness_error: str | None = None
    partitions: str | None = None
    partition_fields: list[PartitionField] = Field(default_factory=list)
    file_count: int | None = None
    snapshot_id: str | None = None
    snapshot_count: int | None = None
    location: str | None = None
    place: Place | None = None
    upstream: list[str] = Field(default_factory=list)
    downstream: list[str] = Field(default_factory=list)
    error: Diagnostic | None = None


class Column(Model):
    """One column, and what the files' statistics say of it."""

    name: str
    type: str
    nullable: bool
    description: str | None = None
    is_key: bool = False
    null_count: int | None = None
    value_count: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    bounds_are_exact: bool = False
    checks: list[str] = Field(default_factory=list)


class Columns(Observed):
    """The columns of a table."""

    items: list[Column]


class Snapshot(Model):
    """One state a table has had."""

    id: str
    parent: str | None = None
    at: datetime
    operation: str
    added_rows: int
    deleted_rows: int
    total_rows: int
    added_files: int
    run_id: str | None = None
    is_current: bool = False


class Code(Observed):
    """What makes a dataset, as written."""

    language: str
    text: str
    place: Place | None = None


class Materialization(Model):
    """One publish of a dataset, or a step that came to nothing."""

    run_id: str
    at: datetime | None
    state: str
    partition: str | None = None
    rows_added: int | None = None
    rows_updated: int | None = None
    rows_deleted: int | None = None
    rows_total: int | None = None
    snapshot_id: str | None = None
    duration_ms: float | None = None
    trigger: str | None = None
