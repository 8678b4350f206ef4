"""The catalog's rows of one ref: what stands where, read and changed inside one connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.errors.rest import CommitRefused, NamespaceInUse, NameTaken, NotInCatalog
from phlo.lakehouse.rest import names

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from phlo.lakehouse.rest.names import Namespace

TABLE, VIEW = "TABLE", "VIEW"
#: The property that makes a namespace a row though nothing was said of it; pyiceberg's own.
_EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Name:
    """A table or view: its namespace and its own name."""

    namespace: Namespace
    name: str

    def __str__(self) -> str:
        return names.shown((*self.namespace, self.name))

    @property
    def row(self) -> tuple[str, str]:
        """The two columns that hold it."""
        return names.to_row(self.namespace), names.name_to_row(self.name)


class Rows:
    """What a ref has."""

    def __init__(self, connection: sqlite3.Connection, ref: str) -> None:
        self._connection, self._ref = connection, ref

    def location(self, name: Name, kind: str = TABLE) -> str | None:
        """Return where the metadata of a table or view is; None if there is no such one."""
        found = self._connection.execute(
            "SELECT metadata_location, coalesce(iceberg_type, 'TABLE') FROM iceberg_tables"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
            (self._ref, *name.row),
        ).fetchone()
        return found[0] if found and found[1] == kind else None

    def listed(self, namespace: Namespace, kind: str, after: str, limit: int) -> list[str]:
        """Return the names of a namespace's tables or views, in order, those after a name."""
        rows = self._connection.execute(
            "SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?"
            " AND coalesce(iceberg_type, 'TABLE') = ? AND table_name > ?"
            " ORDER BY table_name LIMIT ?",
            (self._ref, names.to_row(namespace), kind, after, limit),
        )
        return [row[0] for row in rows]

    def insert(self, name: Name, location: str, kind: str = TABLE) -> None:
        """Add a table or view.

        Raises:
            NameTaken: There is one of that name.
            NotInCatalog: There is no such namespace.
        """
        self.require_namespace(name.namespace)
        other = VIEW if kind == TABLE else TABLE
        if self.location(name, other) is not None:
            raise NameTaken(other.lower(), str(name), but="another kind")
        done = self._connection.execute(
            "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name,"
            " metadata_location, iceberg_type) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (self._ref, *name.row, location, kind),
        )
        if done.rowcount != 1:
            raise NameTaken(kind.lower(), str(name))
        # A namespace that is only known by its tables would be gone with the last of them.
        self._keep(name.namespace)

    def swap(self, name: Name, before: str, after: str) -> None:
        """Move a table or view from one metadata to the next.

        Raises:
            CommitRefused: It is not where it was.
        """
        done = self._connection.execute(
            "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?"
            " AND metadata_location = ?",
            (after, before, self._ref, *name.row, before),
        )
        if done.rowcount != 1:
            raise CommitRefused(f"{name} was changed at the same time")

    def delete(self, name: Name, kind: str = TABLE) -> str:
        """Take a table or view away; return where its metadata is.

        Raises:
            NotInCatalog: There is no such one.
        """
        location = self.location(name, kind)
        if location is None:
            raise NotInCatalog(kind.lower(), str(name))
        self._connection.execute(
            "DELETE FROM iceberg_tables"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
            (self._ref, *name.row),
        )
        return location

    def rename(self, source: Name, target: Name, kind: str = TABLE) -> None:
        """Give a table or view another name.

        Raises:
            NotInCatalog: There is no such one, or no such namespace.
            NameTaken: The other name is taken.
        """
        if self.location(source, kind) is None:
            raise NotInCatalog(kind.lower(), str(source))
        self.require_namespace(target.namespace)
        for taken in (TABLE, VIEW):
            if self.location(target, taken) is not None:
                raise NameTaken(taken.lower(), str(target), but="" if taken == kind else "another")
        self._connection.execute(
            "UPDATE iceberg_tables SET table_namespace = ?, table_name = ?"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
            (*target.row, self._ref, *source.row),
        )
        self._keep(target.namespace)

    def namespaces(self, parent: Namespace = ()) -> list[Namespace]:
        """Return the namespaces right below one, in order; the top ones below none."""
        below = names.to_row(parent) + "." if parent else ""
        found = {
            names.from_row(text)[: len(parent) + 1]
            for text in self._all_namespaces()
            if text.startswith(below)
        }
        return sorted(found)

    def has_namespace(self, namespace: Namespace) -> bool:
        """Whether there is such a namespace, or one below it."""
        row = names.to_row(namespace)
        return any(t == row or t.startswith(row + ".") for t in self._all_namespaces())

    def require_namespace(self, namespace: Namespace) -> None:
        """Raise NotInCatalog unless there is such a namespace."""
        if not self.has_namespace(namespace):
            raise NotInCatalog("namespace", names.shown(namespace))

    def properties(self, namespace: Namespace) -> dict[str, str]:
        """Return what was said of a namespace.

        Raises:
            NotInCatalog: There is no such one.
        """
        self.require_namespace(namespace)
        rows = self._connection.execute(
            "SELECT property_key, property_value FROM iceberg_namespace_properties"
            " WHERE catalog_name = ? AND namespace = ? ORDER BY 1",
            (self._ref, names.to_row(namespace)),
        )
        return {key: value for key, value in rows if (key, value) != (_EXISTS, "true")}

    def create_namespace(self, namespace: Namespace, properties: Mapping[str, str]) -> None:
        """Make a namespace.

        Raises:
            NameTaken: There is one of that name.
        """
        if self.has_namespace(namespace):
            raise NameTaken("namespace", names.shown(namespace))
        self._keep(namespace)
        self.set_properties(namespace, properties, ())

    def set_properties(
        self, namespace: Namespace, updates: Mapping[str, str], removals: tuple[str, ...]
    ) -> None:
        """Say something of a namespace, and take back what was said."""
        self._keep(namespace)
        row = names.to_row(namespace)
        self._connection.executemany(
            "DELETE FROM iceberg_namespace_properties"
            " WHERE catalog_name = ? AND namespace = ? AND property_key = ?",
            [(self._ref, row, key) for key in removals if key != _EXISTS],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)",
            [(self._ref, row, key, value) for key, value in updates.items()],
        )

    def drop_namespace(self, namespace: Namespace) -> None:
        """Take an empty namespace away.

        Raises:
            NotInCatalog: There is no such one.
            NamespaceInUse: It holds something.
        """
        self.require_namespace(namespace)
        shown, row = names.shown(namespace), names.to_row(namespace)
        if below := self.namespaces(namespace):
            raise NamespaceInUse(shown, f"{len(below)} namespace(s)")
        for kind in (TABLE, VIEW):
            if held := self.listed(namespace, kind, "", 1000):
                raise NamespaceInUse(shown, f"{len(held)} {kind.lower()}(s)")
        self._connection.execute(
            "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
            (self._ref, row),
        )

    def _keep(self, namespace: Namespace) -> None:
        self._connection.execute(
            "INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, 'true')"
            " ON CONFLICT DO NOTHING",
            (self._ref, names.to_row(namespace), _EXISTS),
        )

    def _all_namespaces(self) -> list[str]:
        rows = self._connection.execute(
            "SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = :ref"
            " UNION SELECT table_namespace FROM iceberg_tables WHERE catalog_name = :ref",
            {"ref": self._ref},
        )
        return [row[0] for row in rows]
