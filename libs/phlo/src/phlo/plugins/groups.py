"""The entry-point groups that packages use."""

from __future__ import annotations

SERVICES = "phlo.plugins.services"
"""One entry for each service: `trino = "phlo_trino.plugin:TrinoService"`."""
