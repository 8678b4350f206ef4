"""What is known of a table: its columns, snapshots, files and statistics, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table's current schema."""

    name: str
    type: str
    """Iceberg's name of the type: `long`, `timestamptz`, `list<string>`."""
    nullable: bool = True
    doc: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class PartitionField:
    """One part of how a table's files are laid out."""

    name: str
    source: str
    """The column it comes from."""
    transform: str
    """`identity`, `day`, `bucket[16]`, ..."""


@dataclass(frozen=True, slots=True)
class TableDescription:
    """One table on one ref, as its metadata says."""

    name: str
    ref: str
    columns: tuple[Column, ...]
    partition_fields: tuple[PartitionField, ...] = ()
    sort_fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    """The identifier columns that a merge went by."""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    row_count: int = 0
    file_count: int = 0
    size_bytes: int = 0
    snapshot_id: int | None = None
    snapshot_count: int = 0
    last_updated: datetime | None = None
    location: str = ""
    metadata_location: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """One state a table has had."""

    id: int
    parent: int | None
    at: datetime
    operation: str
    """`append`, `overwrite`, `delete` or `replace`."""
    added_rows: int = 0
    deleted_rows: int = 0
    total_rows: int = 0
    added_files: int = 0
    summary: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Everything the snapshot says of itself; `phlo.run-id` and `phlo.load-id` among it."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One data file of a table's current snapshot."""

    path: str
    format: str
    rows: int
    size_bytes: int
    partition: Mapping[str, Any] = field(default_factory=dict, hash=False)
    delete_files: int = 0


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What the manifests know of a column, without reading any data.

    A figure is None where the manifests cannot say it exactly: the table has delete files, a file
    carries no metrics of the column, or (minimum and maximum) its bounds are truncated.
    """

    name: str
    value_count: int | None = None
    null_count: int | None = None
    nan_count: int | None = None
    minimum: Any = None
    maximum: Any = None
    is_exact: bool = False
    """Whether minimum and maximum are values of the table and not only bounds of them."""


@dataclass(frozen=True, slots=True)
class RefInfo:
    """A branch of the whole lake, or `main`."""

    name: str
    source: str | None = None
    created_at: datetime | None = None
    tables: int = 0
    changed: tuple[str, ...] = ()
    """Tables that differ from what the branch began with."""
    is_tag: bool = False
    """It stays as it is: nothing is written to it."""


@dataclass(frozen=True, slots=True)
class TableChange:
    """One table that two refs have otherwise, or only one of them has."""

    table: str
    before: TableDescription | None
    """On the ref that is compared with; None: it has no such table."""
    after: TableDescription | None
    """On the ref that is looked at."""

    @property
    def state(self) -> str:
        """`added`, `changed` or `dropped`."""
        if self.before is None:
            return "added"
        return "dropped" if self.after is None else "changed"

    @property
    def columns(self) -> tuple[str, ...]:
        """How the columns differ: `+name type`, `-name type`."""
        old = {(c.name, c.type) for c in self.before.columns} if self.before else set()
        new = {(c.name, c.type) for c in self.after.columns} if self.after else set()
        if not old or not new:
            return ()
        added = [f"+{name} {kind}" for name, kind in sorted(new - old)]
        return (*added, *(f"-{name} {kind}" for name, kind in sorted(old - new)))


@dataclass(frozen=True, slots=True)
class Published:
    """One table that a publish moved, and where it stood before and stands now."""

    table: str
    before: str | None
    """Metadata location on the target before; None for a new table."""
    after: str | None
    """Metadata location now; None for a dropped table."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publish, recorded in the transaction that made it."""

    branch: str
    target: str
    at: datetime
    tables: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep took away."""

    files: int = 0
    bytes: int = 0
    branches: tuple[str, ...] = ()
    is_waiting: bool = False
    """Whether nothing was swept because somebody is writing just now."""
