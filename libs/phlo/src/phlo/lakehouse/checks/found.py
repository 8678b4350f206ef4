"""What one check found, before thresholds and severity make an outcome of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.model.checks import CheckMethod, CheckSpec, CheckStatus


@dataclass(frozen=True, slots=True)
class Found:
    """Counts and failing rows; `failed` of None means that the check did not apply."""

    failed: int | None
    checked: int | None = None
    sql: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    message: str | None = None
    method: CheckMethod = "sql"
    is_judged: bool = False
    """Whether thresholds do not apply: the check itself says that it failed."""

    def status(self, spec: CheckSpec) -> CheckStatus:
        """Return how the check ended."""
        if self.failed is None:
            return "skipped"
        if self._is_within(spec):
            return "passed"
        return "warned" if spec.severity == "warn" else "failed"

    @property
    def ratio(self) -> float | None:
        """The part of the rows that fail, where rows are what fails."""
        if self.failed is None or not self.checked or self.is_judged:
            return None
        return self.failed / self.checked

    def _is_within(self, spec: CheckSpec) -> bool:
        """Whether so many failures are allowed; with both limits given, both must hold."""
        if not self.failed:
            return True
        if self.is_judged or (spec.max_rows is None and spec.max_ratio is None):
            return False
        within_rows = spec.max_rows is None or self.failed <= spec.max_rows
        within_ratio = spec.max_ratio is None or (self.ratio or 0.0) <= spec.max_ratio
        return within_rows and within_ratio


def json_safe(value: Any) -> Any:
    """Return a value of a row as JSON has it: times and decimals as text, bytes in hexadecimal."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
