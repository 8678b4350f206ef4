"""Cron expressions, checked when they are read: five fields, names, ranges, steps, `@daily`."""

from __future__ import annotations

import re

#: Short words, and what each means.
MACROS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
}  # fmt: skip
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
PART = re.compile(r"(\*|[0-9a-z]+(?:-[0-9a-z]+)?)(?:/([0-9]+))?")


def problem(text: str) -> str | None:
    """Return what is wrong with a cron expression, or None when nothing is."""
    if text in MACROS:
        return None
    parts = text.lower().split()
    if len(parts) != len(FIELDS):
        return f"has {len(parts)} fields, and cron has five"
    for part, (name, low, high, names) in zip(parts, FIELDS, strict=True):
        for item in part.split(","):
            if not _is_item(item, low, high, names):
                return f"has '{item}' as its {name}, which is from {low} to {high}"
    return None


def _is_item(item: str, low: int, high: int, names: dict[str, int]) -> bool:
    found = PART.fullmatch(item)
    if found is None or found[2] == "0":
        return False
    if found[1] == "*":
        return True
    ends = [names.get(end, int(end) if end.isdigit() else -1) for end in found[1].split("-")]
    return all(low <= end <= high for end in ends) and ends == sorted(ends)
