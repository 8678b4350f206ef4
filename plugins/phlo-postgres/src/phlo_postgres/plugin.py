"""The service `postgres`: a server, and what it makes for each of its consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.plugins.base import Provision


class PostgresService(ServicePlugin):
    """Database: PostgreSQL, in a container or as a local process."""

    package = "phlo_postgres"

    def provision(
        self, host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
    ) -> None:
        """Make a user, a password and a database for each consumer."""
        from phlo_postgres.provision import provision

        provision(host, port, settings, wanted)

    def change_secret(
        self, host: str, port: int, settings: Mapping[str, Any], setting: str, old: str
    ) -> bool:
        """Give the user its new password, which the server keeps with the data."""
        from phlo_postgres.provision import change_password

        if setting == "password":
            change_password(host, port, settings, old)
        return setting == "password"

    def connect(self, properties: Mapping[str, str]) -> Any:
        """Return an open connection of psycopg."""
        from phlo_postgres.connect import connect

        return connect(properties)
