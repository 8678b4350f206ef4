"""The file of the store: made on first use, an older one migrated, a newer one refused."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from phlo.errors.runs import StateUnwritable, StoreBroken, StoreTooNew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = ".phlo/state/phlo.db"
#: How long a statement waits for another process's transaction, in seconds.
BUSY_TIMEOUT = 30

_FIRST = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    orchestrator TEXT NOT NULL,
    selection TEXT NOT NULL,
    partition TEXT,
    ref TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    assets TEXT NOT NULL,
    error TEXT,
    pid INTEGER,
    process TEXT
);
CREATE INDEX runs_by_state ON runs (state);
CREATE TABLE steps (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    rows_in INTEGER,
    rows_added INTEGER,
    rows_updated INTEGER,
    rows_deleted INTEGER,
    rows_total INTEGER,
    bytes INTEGER,
    snapshot_id INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0,
    stage TEXT,
    reason TEXT,
    error TEXT,
    PRIMARY KEY (run_id, asset, partition)
);
CREATE INDEX steps_by_asset ON steps (asset);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    type TEXT NOT NULL,
    run_id TEXT NOT NULL,
    asset TEXT,
    partition TEXT,
    data TEXT NOT NULL
);
CREATE INDEX events_by_run ON events (run_id, seq);
CREATE TABLE materializations (
    number INTEGER PRIMARY KEY,
    asset TEXT NOT NULL,
    partition TEXT,
    run_id TEXT NOT NULL,
    at TEXT NOT NULL,
    ref TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX materializations_by_asset ON materializations (asset, number);
CREATE TABLE checks (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    name TEXT NOT NULL,
    at TEXT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX checks_by_name ON checks (table_name, name, number);
CREATE TABLE asset_state (
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (asset, partition, key)
);
CREATE TABLE written_by (phlo TEXT NOT NULL);
"""
#: What is not of one run: which schedules are off, who keeps them.
_KEPT = "CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)"

#: Step `i` brings a file of schema `i` to schema `i + 1`; schema 0 is an empty file.
MIGRATIONS: tuple[str, ...] = (_FIRST, _KEPT)


def open_file(file: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode to the store, made or migrated if it must be.

    Raises:
        StoreTooNew: A later phlo wrote it.
        StoreBroken: It is no database.
        StateUnwritable: It cannot be written.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnwritable(str(file.parent), error.strerror or str(error)) from error
    with told(file):
        connection = sqlite3.connect(
            file, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            _bring_up_to_date(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def told(file: Path) -> Iterator[None]:
    """Raise SQLite's errors that come from the machine as what they mean.

    Raises:
        StateUnwritable: The disk is full, or the file cannot be written.
        StoreBroken: The file is no database.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a mistake of phlo's own
    except sqlite3.OperationalError as error:
        raise StateUnwritable(str(file), str(error)) from error
    except sqlite3.DatabaseError as error:
        raise StoreBroken(str(file), str(error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the start: all of it is kept, or on an error nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    found = _schema(connection)
    if found > len(MIGRATIONS):
        raise StoreTooNew(str(file), found, len(MIGRATIONS), written_by=_written_by(connection))
    if found == len(MIGRATIONS):
        return
    _switch_to_wal(connection)
    with transaction(connection):
        found = _schema(connection)  # another process may have been first
        if 0 < found < len(MIGRATIONS):
            _copy_aside(file, found)
        for script in MIGRATIONS[found:]:
            for statement in script.split(";\n"):
                connection.execute(statement)
        if found < len(MIGRATIONS):
            connection.execute("DELETE FROM written_by")
            connection.execute("INSERT INTO written_by VALUES (?)", (_version(),))
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and writers be at it at once; of a new file, SQLite does not wait for others."""
    end = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _copy_aside(file: Path, schema: int) -> None:
    """Keep the file as it was, so that the phlo that wrote it can be gone back to."""
    with (
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(file.with_name(f"{file.name}.schema-{schema}"))) as copy,
    ):
        source.backup(copy)


def _schema(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _written_by(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT phlo FROM written_by").fetchone()
    except sqlite3.OperationalError:
        return None  # a much later phlo may say it elsewhere
    return row[0] if row else None


def _version() -> str:
    from importlib.metadata import version  # costs more than everything else here; needed rarely

    return version("phlo")
