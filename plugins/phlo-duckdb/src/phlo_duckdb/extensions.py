"""DuckDB's extensions from their wheels: loaded by path, verified by DuckDB, never downloaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.queries import EngineUnavailable

if TYPE_CHECKING:
    import duckdb

#: In the order in which they need each other.
ICEBERG = ("avro", "httpfs", "iceberg")


def load(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...] = ICEBERG) -> None:
    """Load extensions into a connection.

    Raises:
        EngineUnavailable: A wheel is missing, or was built for another DuckDB.
    """
    import duckdb

    for name in names:
        path = str(_file_of(name)).replace("'", "''")
        try:
            connection.execute(f"LOAD '{path}'")
        except duckdb.Error as error:
            raise EngineUnavailable(
                "duckdb",
                f"its extension '{name}' does not load: {str(error).splitlines()[0]}",
                fix=_install(name),
            ) from error


def _file_of(name: str) -> Path:
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise EngineUnavailable(
            "duckdb", f"its extension '{name}' is not installed", fix=_install(name)
        )
    found = next(Path(spec.origin).parent.rglob("*.duckdb_extension"), None)
    if found is None:
        raise EngineUnavailable(
            "duckdb", f"the wheel of its extension '{name}' holds none", fix=_install(name)
        )
    return found


def _install(name: str) -> Fix:
    import duckdb

    command = f"pip install duckdb-extension-{name}=={duckdb.__version__}"
    return Fix(f"install the one that fits: {command}", command=command)
