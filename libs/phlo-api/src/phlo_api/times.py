"""Times as the store and the lake have them, as the API has them: aware, UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(text: str | None) -> datetime | None:
    """Return the time that a record tells, or None."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parsed(text: str) -> datetime:
    """Return the time that a record is known to tell."""
    return parse(text) or datetime.fromtimestamp(0, UTC)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the milliseconds between two times, or None when one is not known."""
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds() * 1000)
