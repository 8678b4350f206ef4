"""Durations as people write them: `90s`, `30m`, `24h`, `7d`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*")


def parse_duration(text: str) -> timedelta | None:
    """Return the duration, or None when the text is none."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


#: Durations of services, as Compose takes them: `30s`, `1m30s`, `500ms`; a bare number is seconds.
DURATION_FORM = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h|d))+|\d{1,9}(?:\.\d{1,6})?")

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Return how many seconds a text of the form `DURATION_FORM` stands for."""
    return sum(float(n) * _SECONDS[unit or "s"] for n, unit in _PART.findall(text))
