"""What phlo.yaml says about the project itself (its services are in the layers)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """The top level of phlo.yaml after all layers are merged."""

    name: str
    """As written, for people."""
    slug: str
    """As Docker Compose and file names take it: `[a-z0-9][a-z0-9_-]*`."""
    description: str | None = None
    python: str | None = None
    workflows: str = "workflows"
    sql_dialect: str = "duckdb"
    sql_engine: str | None = None
    bind: Mapping[str, str] = field(default_factory=dict)
    index: str | None = None
    """The package index that is asked before phlo's own."""
    find_links: str | None = None
    """A folder of wheels, relative to the project's."""
