"""Rows that come from files: what `phlo.files("data/*.csv")` makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file, a folder's files by a glob, or several of them, read as one stream of rows."""

    pattern: str
    """A path or glob, relative to the project's root."""
    format: str | None = None
    """`csv`, `json`, `ndjson` or `parquet`; None takes it from the file's name."""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Reader options: `delimiter`, `header`, `columns`, `null_values`, `encoding` (csv)."""
