"""The service `dagster`: what runs the project's assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.orchestration.client import OrchestratorClient


class DagsterService(ServicePlugin):
    """Orchestrator: Dagster, in an environment of its own."""

    package = "phlo_dagster"

    def orchestrator(self, properties: Mapping[str, str]) -> OrchestratorClient:
        """Return the client; the server is asked by the first question."""
        from phlo_dagster.client import DagsterClient

        return DagsterClient(properties["url"])
