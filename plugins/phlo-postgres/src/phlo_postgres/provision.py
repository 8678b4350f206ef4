"""A user, a password and a database for each consumer, made once and kept as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from phlo.errors.docker import StaleSecret
from phlo.errors.service import ProvisionFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

    from phlo.plugins.base import Provision

#: Two commands that start at once make the same things: one after the other. Any fixed number does.
_LOCK = 0x70686C6F


def provision(
    host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
) -> None:
    """Make what consumers ask for; what is there is only corrected, and nothing is removed.

    Raises:
        ProvisionFailed: The server refuses.
        StaleSecret: The data was made with another password.
    """
    import psycopg

    user, password = str(settings["user"]), str(settings["password"])
    try:
        with psycopg.connect(
            host=host, port=port, user=user, password=password, dbname="postgres",
            autocommit=True, connect_timeout=10,
        ) as connection:  # fmt: skip
            connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            for one in wanted:
                _make(connection, one, user)
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise StaleSecret(
                "postgres", "password", "POSTGRES_PASSWORD", volume="the data", created="unknown",
                where=None,
            ) from None  # fmt: skip
        raise ProvisionFailed("postgres", _line(error)) from error
    except psycopg.Error as error:
        raise ProvisionFailed("postgres", _line(error)) from error


def change_password(host: str, port: int, settings: Mapping[str, Any], old: str) -> None:
    """Give the user who may do everything its new password.

    Raises:
        ProvisionFailed: The server refuses, most often because the old one is not the old one.
    """
    import psycopg

    user = str(settings["user"])
    try:
        with psycopg.connect(
            host=host, port=port, user=user, password=old, dbname="postgres", autocommit=True,
            connect_timeout=10,
        ) as connection:  # fmt: skip
            _run(connection, "ALTER ROLE {} PASSWORD {}", user, password=str(settings["password"]))
    except psycopg.Error as error:
        raise ProvisionFailed("postgres", _line(error)) from error


def _make(connection: Connection[Any], one: Provision, admin: str) -> None:
    user, database = one.properties["user"], one.properties["database"]
    if user == admin:
        return
    verb: LiteralString = (
        "ALTER" if _is_there(connection, "pg_roles", "rolname", user) else "CREATE"
    )
    _run(
        connection,
        verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}",
        user, password=one.properties["password"],
    )  # fmt: skip
    if not _is_there(connection, "pg_database", "datname", database):
        _run(connection, "CREATE DATABASE {} OWNER {}", database, user)
    _run(connection, "REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC", database)
    owner = _owner(connection, database)
    if owner in (user, admin):
        _run(connection, "GRANT ALL ON DATABASE {} TO {}", database, user)
    else:  # two consumers ask for one database: they share it
        _run(connection, "GRANT {} TO {}", owner, user)


def _is_there(
    connection: Connection[Any], table: LiteralString, column: LiteralString, name: str
) -> bool:
    from psycopg import sql

    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    return connection.execute(query, [name]).fetchone() is not None


def _owner(connection: Connection[Any], database: str) -> str:
    found = connection.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    return str(found[0]) if found else ""


def _run(
    connection: Connection[Any], text: LiteralString, *names: str, password: str | None = None
) -> None:
    from psycopg import sql

    parts: list[sql.Composable] = [sql.Identifier(name) for name in names]
    parts += [sql.Literal(password)] if password is not None else []
    connection.execute(sql.SQL(text).format(*parts))


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
