"""Branches of the whole lake: a second name for every table, published in one transaction."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from phlo.errors.data import UnknownTable
from phlo.errors.refs import BadRefName, CommitConflict, RefExists, UnknownRef
from phlo.lakehouse.catalog import MAIN, split_name
from phlo.lakehouse.tables import Publication, Published, RefInfo

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@:=-]{0,199}")

#: What a branch holds beside what it began from; a missing row on either side is a NULL.
_CHANGES = """
SELECT base.table_namespace, base.table_name, base.metadata_location, now.metadata_location
FROM phlo_branch_base AS base LEFT JOIN iceberg_tables AS now
ON now.catalog_name = base.branch AND now.table_namespace = base.table_namespace
AND now.table_name = base.table_name
WHERE base.branch = :branch AND base.metadata_location IS NOT now.metadata_location
UNION ALL
SELECT now.table_namespace, now.table_name, NULL, now.metadata_location
FROM iceberg_tables AS now
WHERE now.catalog_name = :branch AND NOT EXISTS (
    SELECT 1 FROM phlo_branch_base AS base WHERE base.branch = now.catalog_name
    AND base.table_namespace = now.table_namespace AND base.table_name = now.table_name
)
ORDER BY 1, 2
"""


def check_name(name: str) -> None:
    """Refuse what cannot be a branch's name.

    Raises:
        BadRefName: It cannot be used.
        RefExists: It is main's.
    """
    if not _REF.fullmatch(name):
        raise BadRefName(name)
    if name == MAIN:
        raise RefExists(name)


def create(connection: sqlite3.Connection, name: str, source: str) -> None:
    """Make a branch: every table of the source under a second name, nothing copied."""
    check_name(name)
    if name in _names(connection):
        raise RefExists(name)
    require(connection, source)
    now = datetime.now(UTC).isoformat()
    connection.execute("INSERT INTO phlo_refs VALUES (?, ?, ?)", (name, source, now))
    connection.execute(
        "INSERT INTO iceberg_tables SELECT ?, table_namespace, table_name, metadata_location,"
        " previous_metadata_location, iceberg_type FROM iceberg_tables WHERE catalog_name = ?",
        (name, source),
    )
    connection.execute(
        "INSERT INTO iceberg_namespace_properties SELECT ?, namespace, property_key, property_value"
        " FROM iceberg_namespace_properties WHERE catalog_name = ?",
        (name, source),
    )
    connection.execute(
        "INSERT INTO phlo_branch_base SELECT catalog_name, table_namespace, table_name,"
        " metadata_location FROM iceberg_tables WHERE catalog_name = ?",
        (name,),
    )


def require(connection: sqlite3.Connection, ref: str) -> None:
    """Raise UnknownRef unless there is such a ref."""
    if ref != MAIN and ref not in (known := _names(connection)):
        raise UnknownRef(ref, (MAIN, *known))


def drop(connection: sqlite3.Connection, name: str) -> None:
    """Forget a branch; its files stay until a sweep finds that nothing names them."""
    if name == MAIN:
        raise BadRefName(name)
    require(connection, name)
    connection.execute("DELETE FROM iceberg_tables WHERE catalog_name = ?", (name,))
    connection.execute("DELETE FROM iceberg_namespace_properties WHERE catalog_name = ?", (name,))
    connection.execute("DELETE FROM phlo_refs WHERE name = ?", (name,))


def changes(
    connection: sqlite3.Connection, branch: str
) -> dict[str, tuple[str | None, str | None]]:
    """Return the tables a branch changed: the metadata it began from, and where it stands."""
    rows = connection.execute(_CHANGES, {"branch": branch})
    return {f"{namespace}.{name}": (base, now) for namespace, name, base, now in rows}


def refs(connection: sqlite3.Connection) -> tuple[RefInfo, ...]:
    """Return main and every branch, with what it changed."""
    count = (
        "SELECT count(*) FROM iceberg_tables"
        " WHERE catalog_name = ? AND coalesce(iceberg_type, 'TABLE') = 'TABLE'"
    )
    rows = connection.execute("SELECT name, source, created_at FROM phlo_refs ORDER BY name")
    fixed = tags(connection)
    main = RefInfo(MAIN, tables=connection.execute(count, (MAIN,)).fetchone()[0])
    branches = (
        RefInfo(
            name,
            source,
            datetime.fromisoformat(created_at),
            connection.execute(count, (name,)).fetchone()[0],
            tuple(changes(connection, name)),
            name in fixed,
        )
        for name, source, created_at in rows.fetchall()
    )
    return (main, *branches)


def tag(connection: sqlite3.Connection, name: str, source: str) -> None:
    """Make a ref of the source's tables that stays as it is."""
    create(connection, name, source)
    # Not part of the catalog's first form: a catalog gets it with its first tag.
    connection.execute(
        "CREATE TABLE IF NOT EXISTS phlo_tags"
        " (name TEXT PRIMARY KEY REFERENCES phlo_refs (name) ON DELETE CASCADE)"
    )
    connection.execute("INSERT INTO phlo_tags VALUES (?)", (name,))


def tags(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the tags."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'phlo_tags'"
    if connection.execute(known).fetchone() is None:
        return frozenset()
    return frozenset(name for (name,) in connection.execute("SELECT name FROM phlo_tags"))


def publish(
    connection: sqlite3.Connection, branch: str, tables: Sequence[str] | None, target: str
) -> tuple[Published, ...]:
    """Move the branch's changes to the target: all, or with CommitConflict none of them."""
    require(connection, branch)
    require(connection, target)
    changed = _chosen(changes(connection, branch), tables, connection, branch)
    moved = [
        table
        for table, (base, now) in changed.items()
        if not _move(connection, branch, target, table, base, now)
    ]
    if moved:
        raise CommitConflict(moved, branch=branch, target=target)
    for table, (_, now) in changed.items():
        _rebase(connection, branch, table, now)
    published = tuple(Published(table, base, now) for table, (base, now) in changed.items())
    if published:
        connection.execute(
            "INSERT INTO phlo_publications (at, branch, target, tables) VALUES (?, ?, ?, ?)",
            (datetime.now(UTC).isoformat(), branch, target,
             json.dumps([[p.table, p.before, p.after] for p in published])),
        )  # fmt: skip
    return published


def publications(connection: sqlite3.Connection, branch: str) -> tuple[Publication, ...]:
    """Return what was published from a branch, which may be gone by now; the oldest first."""
    return _publications(connection, "branch = ? ORDER BY id", (branch,))


def log(connection: sqlite3.Connection, ref: str, limit: int) -> tuple[Publication, ...]:
    """Return what was published to a ref, the newest first."""
    return _publications(connection, "target = ? ORDER BY id DESC LIMIT ?", (ref, limit))


def _publications(
    connection: sqlite3.Connection, which: str, values: tuple[object, ...]
) -> tuple[Publication, ...]:
    rows = connection.execute(
        f"SELECT branch, at, target, tables FROM phlo_publications WHERE {which}", values
    )
    return tuple(
        Publication(
            branch,
            target,
            datetime.fromisoformat(at),
            tuple(Published(*values) for values in json.loads(tables)),
        )
        for branch, at, target, tables in rows
    )


def _names(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute("SELECT name FROM phlo_refs ORDER BY name"))


def _chosen(
    changed: Mapping[str, tuple[str | None, str | None]],
    tables: Sequence[str] | None,
    connection: sqlite3.Connection,
    branch: str,
) -> dict[str, tuple[str | None, str | None]]:
    if tables is None:
        return dict(changed)
    names = [".".join(split_name(table)) for table in tables]
    known = {
        f"{namespace}.{name}"
        for namespace, name in connection.execute(
            "SELECT table_namespace, table_name FROM iceberg_tables WHERE catalog_name = ?",
            (branch,),
        )
    } | set(changed)
    for name in names:
        if name not in known:
            raise UnknownTable(name, known=known, ref=branch)
    return {name: changed[name] for name in names if name in changed}


def _move(
    connection: sqlite3.Connection,
    branch: str,
    target: str,
    table: str,
    base: str | None,
    now: str | None,
) -> bool:
    """Compare and swap one table of the target; False when it no longer stands at the base."""
    # Not `split_name`: engines may have made namespaces in namespaces, and names in upper case.
    namespace, _, name = table.rpartition(".")
    row = (target, namespace, name)
    if base is None:
        done = connection.execute(
            "INSERT INTO iceberg_tables SELECT ?, table_namespace, table_name, metadata_location,"
            " NULL, iceberg_type FROM iceberg_tables"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?"
            " ON CONFLICT DO NOTHING",
            (target, branch, namespace, name),
        )
        connection.execute(
            "INSERT INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')"
            " ON CONFLICT DO NOTHING",
            (target, namespace),
        )
    elif now is None:
        done = connection.execute(
            "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?"
            " AND table_name = ? AND metadata_location = ?",
            (*row, base),
        )
    else:
        done = connection.execute(
            "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?,"
            " iceberg_type = (SELECT here.iceberg_type FROM iceberg_tables AS here"
            " WHERE here.catalog_name = ? AND here.table_namespace = iceberg_tables.table_namespace"
            " AND here.table_name = iceberg_tables.table_name)"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?"
            " AND metadata_location = ?",
            (now, base, branch, *row, base),
        )
    return done.rowcount == 1


def _rebase(connection: sqlite3.Connection, branch: str, table: str, now: str | None) -> None:
    """Let the branch begin from what was published, so that it can go on."""
    namespace, _, name = table.rpartition(".")
    if now is None:
        connection.execute(
            "DELETE FROM phlo_branch_base"
            " WHERE branch = ? AND table_namespace = ? AND table_name = ?",
            (branch, namespace, name),
        )
    else:
        connection.execute(
            "INSERT OR REPLACE INTO phlo_branch_base VALUES (?, ?, ?, ?)",
            (branch, namespace, name, now),
        )
