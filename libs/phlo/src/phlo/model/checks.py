"""Checks as data: what was asked of a table, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity: TypeAlias = Literal["error", "warn"]
CheckStatus: TypeAlias = Literal["passed", "failed", "warned", "skipped", "error"]
CheckMethod: TypeAlias = Literal["metadata", "sql", "python"]

#: Every kind of check a specification can have.
KINDS = (
    "not_null",
    "unique",
    "accepted_values",
    "between",
    "row_count",
    "matches",
    "freshness",
    "reference",
    "sql",
    "python",
)


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One question to a table, however it was written: Python, a SQL header or YAML."""

    name: str
    """Stable: `not_null:carrier`, `unique:year,month`, or the user's own."""
    kind: str
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """JSON values: values, min, max, pattern, max_age, to, sql."""
    severity: Severity = "error"
    max_rows: int | None = None
    max_ratio: float | None = None
    where: str | None = None
    """A SQL condition: only these rows are looked at."""
    sample: int = 20
    """How many failing rows are kept."""
    description: str | None = None
    file: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the specification as JSON values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return values | {"columns": list(self.columns), "arguments": dict(self.arguments)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckSpec:
        """Return the specification that `as_json` wrote; keys of a later phlo are left out."""
        known = {f.name for f in fields(cls)}
        values = {key: v for key, v in value.items() if key in known}
        return cls(**values | {"columns": tuple(value.get("columns", ()))})


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found on one snapshot of a table."""

    spec: CheckSpec
    table: str
    ref: str
    snapshot_id: int | None
    status: CheckStatus
    """`warned` is a failure of severity `warn`; `error`: the check itself could not be run."""
    failed: int | None = None
    checked: int | None = None
    ratio: float | None = None
    sql: str | None = None
    """SQL that repeats it: returns the failing rows."""
    sample_columns: tuple[str, ...] = ()
    sample_rows: tuple[tuple[Any, ...], ...] = ()
    """Failing rows as JSON values."""
    message: str | None = None
    duration_ms: float = 0.0
    method: CheckMethod = "sql"

    @property
    def is_blocking(self) -> bool:
        """Whether the table may not be published: the check failed or broke, and is no warning."""
        return self.status == "failed" or (self.status == "error" and self.spec.severity == "error")

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return values | {
            "spec": self.spec.as_json(),
            "sample_columns": list(self.sample_columns),
            "sample_rows": [list(row) for row in self.sample_rows],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckOutcome:
        """Return the outcome that `as_json` wrote; keys of a later phlo are left out."""
        known = {f.name for f in fields(cls)}
        values = {key: v for key, v in value.items() if key in known}
        return cls(
            **values
            | {
                "spec": CheckSpec.from_json(value["spec"]),
                "sample_columns": tuple(value.get("sample_columns", ())),
                "sample_rows": tuple(tuple(row) for row in value.get("sample_rows", ())),
            }
        )
