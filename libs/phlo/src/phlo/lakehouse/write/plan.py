"""How rows get into a table, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Mode: TypeAlias = Literal["append", "overwrite", "merge"]
Stage: TypeAlias = Literal["writing", "merging"]
Evolve: TypeAlias = Literal["strict", "widen", "add"]


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What a write should do; the data comes beside it."""

    mode: Mode = "append"
    key: tuple[str, ...] = ()
    """Columns that identify a row; a merge needs them."""
    dedupe_by: str | None = None
    """Between rows of one key in one load the first by this column wins; `-column`: the newest."""
    delete_when: str | None = None
    """SQL predicate on the incoming row: delete its key instead of writing it (merge only)."""
    schema: Any | None = None
    """A `pyarrow.Schema`, a mapping of names to types, a dataclass, pydantic or pandera model."""
    evolve: Evolve = "add"
    partition_by: tuple[str, ...] = ()
    """Iceberg transforms, such as `day(created_at)`; used when the table is made."""
    sort_by: tuple[str, ...] = ()
    overwrite_filter: str | None = None
    """SQL predicate: the rows an overwrite replaces; every incoming row must satisfy it."""
    load_id: str | None = None
    """Names this load; a load that a table has seen is not written again."""
    run_id: str | None = None
    description: str | None = None
    """Becomes the table's `comment` property."""


@dataclass(frozen=True, slots=True)
class WriteProgress:
    """Where a write stands."""

    rows: int
    bytes: int
    stage: Stage = "writing"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did."""

    rows_in: int = 0
    rows_added: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    rows_total: int = 0
    """Rows of the table after the write."""
    bytes: int = 0
    """Bytes of the files written."""
    files: int = 0
    snapshot_id: int | None = None
    """The table's current snapshot: the one just made, or the one that already held these rows."""
    skipped: bool = False
    """Whether nothing was written: the load was seen before, or no row differs."""
    schema_changes: tuple[str, ...] = ()
    duration_ms: float = 0.0
