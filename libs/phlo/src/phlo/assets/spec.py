"""An asset as data: what the manifest holds, the graph is made of, and orchestrators read."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from phlo.model.checks import CheckSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

AssetKind: TypeAlias = Literal["ingestion", "sql", "python"]


@dataclass(frozen=True, slots=True)
class AssetSpec:
    """One asset: its table, what it reads, how it is written and what is checked."""

    key: str
    """The table's name, `namespace.table`, which is also how the asset is selected."""
    kind: AssetKind
    file: str
    """Relative to the project's folder."""
    line: int
    name: str
    """What the user wrote: the function, or the SQL file's name."""
    group: str
    deps: tuple[str, ...] = ()
    """The tables it reads, sorted; those no asset makes are `external`."""
    external: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """What the function takes that is a table."""
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Parameter -> table, of a Python asset."""
    origin: str = ""
    """The workflow file that declares it, even where the function is written elsewhere."""
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    mode: str = "append"
    is_mode_given: bool = False
    """Whether the mode is written down; else a function that gives whole files overwrites."""
    key_columns: tuple[str, ...] = ()
    dedupe_by: str | None = None
    delete_when: str | None = None
    evolve: str = "add"
    partition_by: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()
    columns: Mapping[str, str] | None = field(default=None, hash=False)
    """Column -> type as declared by `schema`; None when it is inferred."""
    partitions: Mapping[str, Any] | None = field(default=None, hash=False)
    """`{"kind": "daily", "start": "2026-01-01", ...}` or `{"kind": "static", "keys": [...]}`."""
    partition_column: str | None = None
    schedule: str | None = None
    freshness: Mapping[str, str] | None = field(default=None, hash=False)
    """`{"warn": "12h", "error": "24h"}`."""
    checks: tuple[CheckSpec, ...] = ()
    materialized: str = "table"
    engine: str | None = None
    sql: str | None = None
    """The statement of a SQL file, without its header."""
    sql_line: int = 1
    """Where in the file the statement begins."""
    dialect: str | None = None
    source: str = ""
    """The code as written: the function, or the whole SQL file."""
    code_hash: str = ""
    retries: int = 0
    retry_delay: str | None = None
    timeout: str | None = None
    concurrency: int | None = None

    @property
    def table(self) -> str:
        """The table it makes; the same as its key."""
        return self.key

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.file}:{self.line}"

    def as_json(self) -> dict[str, Any]:
        """Return the asset as JSON values."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return values | {"table": self.key, "checks": [check.as_json() for check in self.checks]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AssetSpec:
        """Return the asset that `as_json` wrote; keys of a later phlo are left out."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(item) if isinstance(item, list) else item
            for name, item in value.items()
            if name in known
        }
        values["checks"] = tuple(CheckSpec.from_json(check) for check in value.get("checks", ()))
        return cls(**values)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
