"""The databases that a project has, and DuckDB as a reader of the lake's catalog.

Every connection of DuckDB to `:memory:` is attached to the lake, read-only, and then may read the
files of its tables and no others.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

DUCKDB_URI = "duckdb:///:memory:"
_EXTENSIONS = ("avro", "httpfs", "iceberg")


def told(role: str, name: str) -> str:
    """Return what the project's wiring says of a role; empty where nobody plays it."""
    return os.environ.get(f"PHLO_{role}_{name}", "")


def metadata_uri(home: str) -> str:
    """Return where Superset keeps its own tables: Postgres, else a file."""
    return postgres_uri() or f"sqlite:///{home}/superset.db"


def postgres_uri() -> str | None:
    """Return the address of the project's Postgres; None where there is none."""
    if not told("STORE", "HOST"):
        return None
    who = f"{quote(told('STORE', 'USER'))}:{quote(told('STORE', 'PASSWORD'))}"
    place = f"{told('STORE', 'HOST')}:{told('STORE', 'PORT')}/{told('STORE', 'DATABASE')}"
    return f"postgresql+psycopg2://{who}@{place}"


def engine_uri() -> str | None:
    """Return the address of the project's query engine: Trino, else DuckDB; None: neither."""
    if told("ENGINE", "HOST"):
        who = told("ENGINE", "USER") or "phlo"
        place = f"{told('ENGINE', 'HOST')}:{told('ENGINE', 'PORT')}"
        return f"trino://{who}@{place}/{told('ENGINE', 'DATABASE') or 'lake'}"
    return DUCKDB_URI if told("CATALOG", "URL") else None


def prepare_duckdb() -> None:
    """Attach each connection of DuckDB to the lake, and have it know the columns of tables."""
    if not told("CATALOG", "URL"):
        return
    import duckdb_engine
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if getattr(duckdb_engine, "knows_the_lake", False):
        return
    duckdb_engine.knows_the_lake = True

    @event.listens_for(Engine, "connect")
    def attach(connection: Any, _record: Any) -> None:
        if type(connection).__module__.partition(".")[0] == "duckdb_engine":
            cursor = connection.cursor()
            cursor.execute("SELECT current_database()")
            if cursor.fetchone()[0] == "memory":
                _attach(cursor)

    reflect = duckdb_engine.Dialect.get_columns

    def get_columns(
        self: Any, connection: Any, table_name: str, schema: str | None = None, **options: Any
    ) -> Any:
        # A table of a catalog has its columns once it was asked for.
        parts = [*(schema or "").split("."), table_name]
        name = ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)
        connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 0")
        return reflect(self, connection, table_name, schema, **options)

    duckdb_engine.Dialect.get_columns = get_columns


def _attach(cursor: Any) -> None:
    for name in _EXTENSIONS:
        cursor.execute(f"LOAD {_text(_extension(name))}")
    token, folder = _text(told("CATALOG", "TOKEN")), os.environ.get("PHLO_LAKE_FOLDER")
    cursor.execute(f"CREATE SECRET phlo_catalog (TYPE iceberg, TOKEN {token})")
    delegation = ""
    folders = [f"{Path(folder).resolve()}/"] if folder else []
    if told("WAREHOUSE", "BUCKET"):
        folders.append(f"s3://{told('WAREHOUSE', 'BUCKET')}/")
        if told("WAREHOUSE", "USER"):
            _give_keys(cursor)
            delegation = ", ACCESS_DELEGATION_MODE 'none'"
    url = told("CATALOG", "URL")
    cursor.execute(
        f"ATTACH {_text(told('CATALOG', 'WAREHOUSE') or 'main')} AS lake (TYPE iceberg, "
        f"ENDPOINT {_text(url)}, SECRET phlo_catalog, READ_ONLY, "
        f"DEFAULT_SCHEMA 'no_schema_is_chosen'{delegation})"
    )
    cursor.execute("USE lake")
    cursor.execute(f"SET allowed_directories = [{', '.join(map(_text, folders))}]")
    cursor.execute("SET enable_external_access = false")
    cursor.execute("SET lock_configuration = true")


def _give_keys(cursor: Any) -> None:
    endpoint = urlsplit(told("WAREHOUSE", "ENDPOINT") or "https://")
    said = {
        "REGION": told("WAREHOUSE", "REGION"),
        "KEY_ID": told("WAREHOUSE", "USER"),
        "SECRET": told("WAREHOUSE", "PASSWORD"),
        "ENDPOINT": endpoint.netloc,
        "URL_STYLE": "vhost" if told("WAREHOUSE", "PATH_STYLE") == "false" else "path",
        "SCOPE": f"s3://{told('WAREHOUSE', 'BUCKET')}",
    }
    options = [f"{name} {_text(value)}" for name, value in said.items() if value]
    ssl = str(endpoint.scheme == "https").lower()
    cursor.execute(f"CREATE SECRET phlo_bucket (TYPE s3, USE_SSL {ssl}, {', '.join(options)})")


def _extension(name: str) -> str:
    """Return the file of an extension, which comes as a wheel: nothing is fetched."""
    spec = find_spec(f"duckdb_extension_{name}")
    return str(next(Path(spec.origin).parent.rglob("*.duckdb_extension")))


def _text(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"
