"""The service `observatory`, as phlo finds it."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class ObservatoryService(ServicePlugin):
    """Web interface: catalog, lineage, SQL, quality, runs and services."""

    package = "phlo_observatory"
