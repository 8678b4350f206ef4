"""Services as functions get them: from the variables that say where each answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.assets.context import Service

if TYPE_CHECKING:
    from collections.abc import Mapping


def service(name: str, variables: Mapping[str, str]) -> Service | None:
    """Return a service by its name, or None when nothing is known of it."""
    prefix = name.upper().replace("-", "_")
    url, host, port = (variables.get(f"{prefix}_{part}") for part in ("URL", "HOST", "PORT"))
    if not (url or host):
        return None
    return Service(name, url or "", host or "127.0.0.1", int(port or 0))
