"""What a service package subclasses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import click

    from phlo.lakehouse.query import QueryEngine


class ServicePlugin:
    """The Python side of a service package; its service.yaml says the rest.

    class TrinoService(ServicePlugin):
        \"\"\"Query engine: Trino over the Iceberg catalog.\"\"\"

        package = "phlo_trino"

        def query_engine(self) -> QueryEngine:
            from phlo_trino.engine import TrinoEngine

            return TrinoEngine()

    phlo imports the class only when one of its hooks is needed, never to find or start the service.
    Each hook is optional and returns None where the package has nothing to offer.
    """

    package: ClassVar[str]
    """The import package that holds service.yaml."""

    def query_engine(self) -> QueryEngine | None:
        """Return the engine that runs SQL (`provides: query.sql/…`)."""
        return None

    def orchestrator(self) -> Any:
        """Return the client of the orchestrator (`phlo.orchestration.client`)."""
        return None

    def cli(self) -> click.Group | None:
        """Return commands that are shown as `phlo NAME …`."""
        return None

    def api(self) -> Any:
        """Return a FastAPI router that phlo-api mounts under `/api/v1/x/NAME`."""
        return None
