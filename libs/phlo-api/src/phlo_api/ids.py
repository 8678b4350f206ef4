"""Ids of the API: opaque to its callers, safe in a URL, and never a database key."""

from __future__ import annotations

import base64
import binascii


def encode(*parts: str) -> str:
    """Return names as one id."""
    raw = "\x1f".join(parts).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str, count: int = 1) -> tuple[str, ...] | None:
    """Return the names that an id was made of; None when it is none of ours."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = tuple(raw.decode().split("\x1f"))
    except (binascii.Error, ValueError):
        return None
    return parts if len(parts) == count and all(parts) else None
