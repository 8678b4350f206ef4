"""What a service package subclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

    from phlo.lakehouse.catalogs import Catalog
    from phlo.lakehouse.query import QueryEngine
    from phlo.lakehouse.storage import Storage
    from phlo.orchestration.client import OrchestratorClient


@dataclass(frozen=True, slots=True)
class Told:
    """What a consumer is told of one service that it is bound to."""

    capability: str
    properties: Mapping[str, str] = field(repr=False)
    """Secrets put in."""


@dataclass(frozen=True, slots=True)
class Provision:
    """What one consumer asks a provider for."""

    consumer: str
    role: str
    params: Mapping[str, str]
    """As the consumer's service.yaml says."""
    properties: Mapping[str, str] = field(repr=False)
    """What the consumer is told, secrets put in: what is made must be as this says."""
    others: Sequence[Told] = ()
    """What it is told of the other services that it is bound to."""


class ServicePlugin:
    """The Python side of a service package; its service.yaml says the rest.

    class TrinoService(ServicePlugin):
        \"\"\"Query engine: Trino over the Iceberg catalog.\"\"\"

        package = "phlo_trino"

        def query_engine(self, properties: Mapping[str, str]) -> QueryEngine:
            from phlo_trino.engine import TrinoEngine

            return TrinoEngine(properties)

    phlo imports the class only when one of its hooks is needed, never to find or start the service.
    Each hook is optional and returns None where the package has nothing to offer.
    """

    package: ClassVar[str]
    """The import package that holds service.yaml."""

    def query_engine(self, properties: Mapping[str, str]) -> QueryEngine | None:
        """Return the engine that runs SQL (`provides: query.sql/…`).

        Args:
            properties: What this machine's programs are told of the service, `url` and so on, with
                `service` its name, and with `folder` where its configuration files are; of an
                embedded one nothing.
        """
        return None

    def catalog(self, properties: Mapping[str, str], storage: Storage | None) -> Catalog | None:
        """Return what keeps the project's tables (`provides: lake.catalog`).

        Args:
            properties: What the lake is told of the service: `url` and so on, secrets put in.
            storage: Where the files of tables are; None: in the project's folder.
        """
        return None

    def orchestrator(self, properties: Mapping[str, str]) -> OrchestratorClient | None:
        """Return the client of the orchestrator (`provides: orchestrator`).

        Args:
            properties: What this machine's programs are told of the service: `url` and so on.
        """
        return None

    def connect(self, properties: Mapping[str, str]) -> Any:
        """Return an open connection to the service, for functions that take a `phlo.Service`.

        Args:
            properties: What consumers on this machine are told: `host`, `port`, `user` and so on.
        """
        return None

    def provision(
        self, host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
    ) -> None:
        """Make what consumers ask for, where `provides` says `provision: true`.

        Called when the service is healthy, before its consumers start, at every start: what is
        there already is brought to what it should be, and nothing is taken away.

        Args:
            host: Where this machine reaches the service.
            port: Its primary port there.
            settings: The service's settings, secrets put in.
            wanted: What each consumer asks for.
        """

    def change_secret(
        self, host: str, port: int, settings: Mapping[str, Any], setting: str, old: str
    ) -> bool:
        """Tell the service a new value of a secret that it keeps with its data.

        Args:
            host: Where this machine reaches the service, which runs.
            port: Its primary port there.
            settings: The service's settings, with the new value.
            setting: Which of them is new.
            old: The value that the data was made with.

        Returns:
            Whether it is kept with the data; False: a restart is all that is needed.
        """
        return False

    def cli(self) -> click.Group | None:
        """Return commands that are shown as `phlo NAME …`."""
        return None

    def api(self) -> Any:
        """Return a FastAPI router that phlo-api mounts under `/api/v1/x/NAME`."""
        return None
