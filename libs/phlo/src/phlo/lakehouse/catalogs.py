"""What keeps where each table of each ref stands: the catalog in a file, or one of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from phlo.errors.lake import TagIsFixed
from phlo.errors.refs import UnknownRef
from phlo.lakehouse import branch, catalog
from phlo.lakehouse.catalog import MAIN
from phlo.lakehouse.tables import RefInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from phlo.lakehouse.iceberg_internals import Guarded
    from phlo.lakehouse.tables import Publication, Published


@dataclass(frozen=True, slots=True)
class RestAddress:
    """Where a catalog speaks Iceberg's REST protocol."""

    url: str
    """`REF/v1/config` is below."""
    warehouse: str
    """What it calls the lake."""
    name_of: Callable[[str], str]
    """How it writes a ref's name."""


class Catalog(Protocol):
    """The tables of every ref; a package brings one with `ServicePlugin.catalog`.

    Tables are `namespace.name`; a ref is `main` or a branch of all tables.
    """

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def exists(self) -> bool:
        """Whether anything was ever written."""
        ...

    def create(self) -> None:
        """Make it, unless it is there."""
        ...

    def require(self, ref: str, *, writable: bool = False) -> None:
        """Raise UnknownRef unless there is such a ref; TagIsFixed if it is to be written to."""
        ...

    def locations(self, ref: str) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is, sorted by name.

        Raises:
            UnknownRef: There is no such ref.
        """
        ...

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch."""
        ...

    def create_branch(self, name: str, source: str) -> None:
        """Make a branch (see `Lake.create_branch`)."""
        ...

    def create_tag(self, name: str, source: str) -> None:
        """Make a tag (see `Lake.create_tag`)."""
        ...

    def log(self, ref: str, limit: int) -> tuple[Publication, ...]:
        """Return what was published to a ref, the newest first."""
        ...

    def publish(
        self, name: str, tables: Sequence[str] | None, target: str
    ) -> tuple[Published, ...]:
        """Move what a branch changed, all or nothing (see `Lake.publish`)."""
        ...

    def publications(self, name: str) -> tuple[Publication, ...]:
        """Return what was published from a branch, the oldest first, even if it is gone by now."""
        ...

    def drop_branch(self, name: str) -> None:
        """Forget a branch."""
        ...

    def drop_table(self, table: str, ref: str) -> None:
        """Take a table away from a ref."""
        ...

    def ensure_namespace(self, ref: str, namespace: str) -> None:
        """Make a namespace of a ref, unless it is there; two that make it at once both succeed."""
        ...

    def open(self, ref: str, properties: Mapping[str, str]) -> AbstractContextManager[Guarded]:
        """Give pyiceberg's catalog of a ref, its connections closed afterwards.

        Args:
            ref: The ref.
            properties: What the files of tables are read and written with.
        """
        ...

    def standing(self) -> set[str]:
        """Return the metadata of every table of every ref, and what branches began from."""
        ...

    def rest_address(self) -> RestAddress | None:
        """Return where it speaks Iceberg's REST protocol; None: phlo itself does, for it."""
        ...


class EmbeddedCatalog:
    """The catalog in one SQLite file, which needs no service."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def place(self) -> str:
        """The file."""
        return str(self.file)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.file.exists()

    def create(self) -> None:
        """Make the file and its folder, unless they are there."""
        catalog.create(self.file)

    def require(self, ref: str, *, writable: bool = False) -> None:
        """Raise UnknownRef unless there is such a ref; before the file is there, there is main."""
        if self.exists():
            with catalog.reading(self.file) as connection:
                branch.require(connection, ref)
                if writable and ref in branch.tags(connection):
                    raise TagIsFixed(ref)
        elif ref != MAIN:
            raise UnknownRef(ref)

    def locations(self, ref: str) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is."""
        if not self.exists():
            self.require(ref)
            return {}
        with catalog.reading(self.file) as connection:
            branch.require(connection, ref)
            rows = connection.execute(
                "SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables"
                " WHERE catalog_name = ? AND coalesce(iceberg_type, 'TABLE') = 'TABLE' ORDER BY 1",
                (ref,),
            )
            return dict(rows.fetchall())

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch."""
        if not self.exists():
            return (RefInfo(MAIN),)
        with catalog.reading(self.file) as connection:
            return branch.refs(connection)

    def create_branch(self, name: str, source: str) -> None:
        """Make a branch of all tables; nothing is copied."""
        self.create()
        with catalog.writing(self.file) as connection:
            branch.create(connection, name, source)

    def create_tag(self, name: str, source: str) -> None:
        """Make a tag of all tables."""
        self.create()
        with catalog.writing(self.file) as connection:
            branch.tag(connection, name, source)

    def log(self, ref: str, limit: int) -> tuple[Publication, ...]:
        """Return what was published to a ref."""
        self.require(ref)
        if not self.exists():
            return ()
        with catalog.reading(self.file) as connection:
            return branch.log(connection, ref, limit)

    def publish(
        self, name: str, tables: Sequence[str] | None, target: str
    ) -> tuple[Published, ...]:
        """Move what a branch changed to the target, in one transaction."""
        self.require(name)
        self.require(target, writable=True)
        with catalog.writing(self.file) as connection:
            return branch.publish(connection, name, tables, target)

    def publications(self, name: str) -> tuple[Publication, ...]:
        """Return what was published from a branch."""
        if not self.exists():
            return ()
        with catalog.reading(self.file) as connection:
            return branch.publications(connection, name)

    def drop_branch(self, name: str) -> None:
        """Forget a branch."""
        self.require(name)
        with catalog.writing(self.file) as connection:
            branch.drop(connection, name)

    def drop_table(self, table: str, ref: str) -> None:
        """Take a table away from a ref."""
        with catalog.writing(self.file) as connection:
            connection.execute(
                "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?"
                " AND table_name = ?",
                (ref, *catalog.split_name(table)),
            )

    def ensure_namespace(self, ref: str, namespace: str) -> None:
        """Make a namespace of a ref, unless it is there."""
        catalog.ensure_namespace(self.file, ref, namespace)

    def open(self, ref: str, properties: Mapping[str, str]) -> AbstractContextManager[Guarded]:
        """Give pyiceberg's SQL catalog on the file."""
        from phlo.lakehouse.iceberg_internals import open_catalog  # pyiceberg costs a second

        return open_catalog(ref, self.file, properties)

    def standing(self) -> set[str]:
        """Return the metadata of every table of every ref, and what branches began from."""
        with catalog.reading(self.file) as connection:
            rows = connection.execute(
                "SELECT metadata_location FROM iceberg_tables UNION"
                " SELECT metadata_location FROM phlo_branch_base"
            )
            return {location for (location,) in rows}

    def rest_address(self) -> None:
        """Return nothing: phlo speaks the protocol for a file."""
        return None
