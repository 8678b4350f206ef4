"""`phlo.check` and what a check in Python returns."""

from __future__ import annotations

from dataclasses import dataclass

from phlo.checks import check

__all__ = ["CheckResult", "check"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check in Python found: `return phlo.CheckResult(passed=rows > 0, message="...")`."""

    passed: bool
    failed: int | None = None
    """How many rows are wrong."""
    checked: int | None = None
    """How many were looked at; all of the table if not given."""
    message: str | None = None
