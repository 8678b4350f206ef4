"""Connections for functions that take `postgres: phlo.Service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import Connection

#: Seconds until a server that does not answer is given up.
PATIENCE = 10


def connect(variables: Mapping[str, str], prefix: str = "POSTGRES") -> Connection[Any]:
    """Return an open connection.

    Args:
        variables: `POSTGRES_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_DATABASE`.
        prefix: Of another instance's variables.
    """
    import psycopg

    return psycopg.connect(
        host=variables.get(f"{prefix}_HOST", "127.0.0.1"),
        port=int(variables.get(f"{prefix}_PORT") or 5432),
        user=variables.get(f"{prefix}_USER", "postgres"),
        password=variables.get(f"{prefix}_PASSWORD"),
        dbname=variables.get(f"{prefix}_DATABASE", "postgres"),
        connect_timeout=PATIENCE,
    )
