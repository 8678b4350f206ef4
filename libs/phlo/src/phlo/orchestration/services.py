"""Services as functions get them: from the variables that the environment has of each."""

from __future__ import annotations

import os

from phlo.assets.context import Service


def service(name: str) -> Service | None:
    """Return a running service by its name, or None when nothing is known of it."""
    prefix = name.upper().replace("-", "_")
    url, host, port = (os.environ.get(f"{prefix}_{part}") for part in ("URL", "HOST", "PORT"))
    if not (url or host):
        return None
    return Service(name, url or "", host or "127.0.0.1", int(port or 0))
