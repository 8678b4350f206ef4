"""The catalog file: which metadata each table of each ref stands at, in SQLite.

It is pyiceberg's SQL catalog (a ref is a `catalog_name`), with three tables of phlo's own beside:
the refs, what each branch began from, and what was published. Reading needs no pyiceberg.
"""

from __future__ import annotations

import os
import re
import sqlite3
import uuid
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.data import BadTableName, LakeTooNew, LakeUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.storage import Storage

MAIN = "main"
SCHEMA = 1
#: How the names of catalogs begin that are not whole yet.
DRAFT = ".catalog-"
#: How the names of the metadata files of views end, which name no other files.
VIEW_FILE = ".view.metadata.json"
#: How long a statement waits for another process's transaction, in seconds.
BUSY_TIMEOUT = 30

_NAME = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_TABLES = """
CREATE TABLE IF NOT EXISTS iceberg_tables (
    catalog_name VARCHAR(255) NOT NULL,
    table_namespace VARCHAR(255) NOT NULL,
    table_name VARCHAR(255) NOT NULL,
    metadata_location VARCHAR(1000),
    previous_metadata_location VARCHAR(1000),
    iceberg_type VARCHAR(5),
    PRIMARY KEY (catalog_name, table_namespace, table_name)
);
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
    catalog_name VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    property_key VARCHAR(255) NOT NULL,
    property_value VARCHAR(1000) NOT NULL,
    PRIMARY KEY (catalog_name, namespace, property_key)
);
CREATE TABLE IF NOT EXISTS phlo_refs (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS phlo_branch_base (
    branch TEXT NOT NULL REFERENCES phlo_refs (name) ON DELETE CASCADE,
    table_namespace TEXT NOT NULL,
    table_name TEXT NOT NULL,
    metadata_location TEXT NOT NULL,
    PRIMARY KEY (branch, table_namespace, table_name)
);
CREATE TABLE IF NOT EXISTS phlo_publications (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    branch TEXT NOT NULL,
    target TEXT NOT NULL,
    tables TEXT NOT NULL
);
"""


def split_name(table: str) -> tuple[str, str]:
    """Return namespace and name of `raw.orders` or `lake.raw.orders`.

    Raises:
        BadTableName: It is neither.
    """
    bare = table.removeprefix("lake.") if table.count(".") == 2 else table
    if not _NAME.fullmatch(bare):
        raise BadTableName(table)
    namespace, _, name = bare.partition(".")
    return namespace, name


def open_connection(file: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode that waits for other writers; threads may share it."""
    connection = sqlite3.connect(
        file, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def create(file: Path) -> None:
    """Make the catalog file and its folder, unless they are there.

    It is made whole under another name first, so that nobody ever sees half of it: neither another
    process that begins at the same time, nor the next one after a kill.

    Raises:
        LakeTooNew: A later phlo made it.
        LakeUnwritable: The folder cannot be written.
    """
    if not file.exists():
        draft = file.with_name(f"{DRAFT}{uuid.uuid4().hex}")
        try:
            with refusals_told(file.parent):
                file.parent.mkdir(parents=True, exist_ok=True)
                _draw_up(draft)
                with suppress(FileExistsError):
                    os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)
    with reading(file):
        pass


def _draw_up(draft: Path) -> None:
    with closing(open_connection(draft)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def make_folder(folder: Path) -> None:
    """Make the lake's folder, unless it is there.

    Raises:
        LakeUnwritable: It cannot be made.
    """
    with refusals_told(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def refusals_told(place: Path | Storage) -> Iterator[None]:
    """Tell what refuses a write: the system (no room, no right), or the server of a bucket."""
    where = str(place) if isinstance(place, Path) else place.place
    try:
        yield
    except OSError as error:
        problem = (getattr(error, "strerror", None) or str(error)).splitlines()[0]
        if isinstance(place, Path):
            raise LakeUnwritable(where, problem) from error
        raise place.refused(problem) from error
    except sqlite3.OperationalError as error:
        raise LakeUnwritable(where, str(error).splitlines()[0]) from error
    except Exception as error:
        # SQLAlchemy, through which pyiceberg commits, wraps what SQLite says.
        cause = getattr(error, "orig", None)
        if isinstance(cause, sqlite3.OperationalError):
            raise LakeUnwritable(where, str(cause)) from error
        raise


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection, closed afterwards; the file must exist."""
    with refusals_told(file.parent), closing(open_connection(file)) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            raise LakeTooNew(str(file), found, SCHEMA)
        yield connection


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection inside one transaction: all of it is kept, or on an error nothing."""
    with reading(file) as connection, transaction(connection):
        yield connection


def ensure_namespace(file: Path, ref: str, namespace: str) -> None:
    """Make a namespace of a ref, unless it is there; two that make it at once both succeed."""
    with writing(file) as connection:
        connection.execute(
            "INSERT INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')"
            " ON CONFLICT DO NOTHING",
            (ref, namespace),
        )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the start, so that what is read holds until it is written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
