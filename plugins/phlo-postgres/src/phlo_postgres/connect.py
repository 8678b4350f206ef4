"""Connections for functions that take `postgres: phlo.Service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import Connection

#: Seconds until a server that does not answer is given up.
PATIENCE = 10


def connect(properties: Mapping[str, str]) -> Connection[Any]:
    """Return an open connection.

    Args:
        properties: `host`, `port`, `user`, `password`, `database`.
    """
    import psycopg

    return psycopg.connect(
        host=properties.get("host", "127.0.0.1"),
        port=int(properties.get("port") or 5432),
        user=properties.get("user", "postgres"),
        password=properties.get("password"),
        dbname=properties.get("database", "postgres"),
        connect_timeout=PATIENCE,
    )
