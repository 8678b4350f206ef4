"""The lake: every table of a project, on every branch."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from phlo.errors.data import LakeMoved, LakeUnwritable, UnknownTable
from phlo.lakehouse import catalog, metadata, sweep
from phlo.lakehouse.catalog import MAIN
from phlo.lakehouse.catalogs import EmbeddedCatalog
from phlo.lakehouse.storage import Folder
from phlo.lakehouse.tables import TableChange

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pyarrow as pa

    from phlo.lakehouse.catalogs import Catalog
    from phlo.lakehouse.iceberg_internals import Guarded
    from phlo.lakehouse.storage import Storage
    from phlo.lakehouse.tables import (
        ColumnStatistics,
        FileInfo,
        Publication,
        Published,
        RefInfo,
        SnapshotInfo,
        Swept,
        TableDescription,
    )


class Lake:
    """The tables of a project: a catalog says where each stands, a storage holds the files.

        lake = Lake(root / ".phlo" / "lake")
        lake.create_branch("dev")
        ...
        lake.publish("dev")

    By default both are in the folder: `catalog.db` and `warehouse/`. Opening it touches nothing;
    the folder is made by the first write.

    Args:
        folder: What is kept on this machine in any case: the writers' lock, temporary files.
        storage: Where the files of new tables go.
        catalog: What keeps the tables of each ref.
        when_used: Called before the first change: from then on tables are where they are.
    """

    def __init__(
        self,
        folder: Path,
        storage: Storage | None = None,
        catalog: Catalog | None = None,
        when_used: Callable[[], None] = lambda: None,
    ) -> None:
        self._when_used = when_used
        self.folder = folder.absolute()
        self.catalog_file = self.folder / "catalog.db"
        self.warehouse = self.folder / "warehouse"
        self.temporary = self.folder / "tmp"
        self.local = Folder(self.warehouse)
        self.storage: Storage = storage or self.local
        self.catalog: Catalog = catalog or EmbeddedCatalog(self.catalog_file)

    def tables(self, ref: str = MAIN) -> tuple[str, ...]:
        """Return the names of a ref's tables, sorted.

        Raises:
            UnknownRef: There is no such ref.
        """
        return tuple(self.locations(ref))

    def locations(self, ref: str = MAIN) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is."""
        return self.catalog.locations(ref)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.catalog.exists()

    def metadata_location(self, table: str, ref: str = MAIN) -> str | None:
        """Return where a table's metadata is, or None when the ref has no such table."""
        return self.locations(ref).get(".".join(catalog.split_name(table)))

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch."""
        return self.catalog.refs()

    def create_branch(self, name: str, source: str = MAIN) -> None:
        """Make a branch of all tables; nothing is copied.

        Raises:
            RefExists: The name is taken.
            UnknownRef: There is no such source.
            BadRefName: The name cannot be used.
        """
        self._when_used()
        self.catalog.create_branch(name, source)

    def create_tag(self, name: str, source: str = MAIN) -> None:
        """Keep all tables as they are now under a name; nothing is copied.

        Raises:
            RefExists: The name is taken.
            UnknownRef: There is no such source.
            BadRefName: The name cannot be used.
        """
        self._when_used()
        self.catalog.create_tag(name, source)

    def diff(self, ref: str, base: str = MAIN) -> tuple[TableChange, ...]:
        """Return the tables that a ref has otherwise than another one, sorted by name.

        Raises:
            UnknownRef: There is no such ref.
        """
        here, there = self.locations(ref), self.locations(base)
        differing = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
        return tuple(
            TableChange(
                name,
                self.describe(name, base) if name in there else None,
                self.describe(name, ref) if name in here else None,
            )
            for name in differing
        )

    def log(self, ref: str = MAIN, limit: int = 50) -> tuple[Publication, ...]:
        """Return what was published to a ref, the newest first.

        Raises:
            UnknownRef: There is no such ref.
        """
        return self.catalog.log(ref, limit)

    def publish(
        self, name: str, *, tables: Sequence[str] | None = None, target: str = MAIN
    ) -> tuple[Published, ...]:
        """Move what a branch changed to the target, in one transaction; returns what moved.

        Args:
            name: The branch.
            tables: Only these of its tables.
            target: Where to, mostly `main`.

        Raises:
            CommitConflict: A table moved on the target in the meantime; none is published.
            UnknownRef: There is no such branch or target.
            UnknownTable: The branch has no such table.
        """
        return self.catalog.publish(name, tables, target)

    def publications(self, name: str) -> tuple[Publication, ...]:
        """Return what was published from a branch, the oldest first, even if it is gone by now."""
        return self.catalog.publications(name)

    def drop_branch(self, name: str) -> None:
        """Forget a branch; `sweep` takes the files that only it had.

        Raises:
            UnknownRef: There is no such branch.
        """
        self.catalog.drop_branch(name)

    def drop_table(self, table: str, ref: str = MAIN) -> None:
        """Take a table away from a ref; `sweep` takes its files when no ref has it any more.

        Raises:
            UnknownTable: The ref has no such table.
        """
        self._location(table, ref)
        self.catalog.drop_table(_bare(table), ref)

    def describe(self, table: str, ref: str = MAIN) -> TableDescription:
        """Return a table's columns, layout and size.

        Raises:
            UnknownTable: The ref has no such table.
            LakeMoved: Its metadata is not where the catalog says.
        """
        name, location = _bare(table), self._location(table, ref)
        return metadata.describe(name, ref, location, self.load(name, location))

    def snapshots(self, table: str, ref: str = MAIN) -> tuple[SnapshotInfo, ...]:
        """Return the states a table has had, the newest first."""
        return self.snapshots_at(_bare(table), self._location(table, ref))

    def snapshots_at(self, table: str, location: str) -> tuple[SnapshotInfo, ...]:
        """Return the same of a table as it is at a metadata location."""
        return metadata.snapshots(self.load(table, location))

    def has_deletes(self, about: TableDescription) -> bool:
        """Whether rows are deleted by delete files, so that the counts of files differ."""
        return metadata.has_deletes(self.load(about.name, about.metadata_location))

    def files(self, table: str, ref: str = MAIN) -> tuple[FileInfo, ...]:
        """Return the data files of a table's current snapshot."""
        from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

        return manifests.files(_bare(table), self._location(table, ref), self.storage.properties)

    def statistics(self, table: str, ref: str = MAIN) -> tuple[ColumnStatistics, ...]:
        """Return what the manifests know of each column; no data is read."""
        from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

        return manifests.statistics(
            _bare(table), self._location(table, ref), self.storage.properties
        )

    def read(
        self,
        table: str,
        ref: str = MAIN,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        snapshot_id: int | None = None,
        limit: int | None = None,
    ) -> pa.RecordBatchReader:
        """Return a table's rows as they are read, without a query engine.

        Args:
            table: The table.
            ref: The branch to read.
            columns: Only these columns.
            where: Only rows that satisfy this condition: comparisons of columns with values.
            snapshot_id: The table as it was then.
            limit: At most so many rows.

        Raises:
            UnknownTable: The ref has no such table.
            UnknownColumn: The table has no such column.
            UnknownSnapshot: The table has no such snapshot.
            BadPredicate: The condition cannot be used.
        """
        from phlo.lakehouse import scan  # brings pyarrow and pyiceberg

        return scan.read(
            _bare(table), self._location(table, ref), self.storage.properties,
            columns=columns, where=where, snapshot_id=snapshot_id, limit=limit,
        )  # fmt: skip

    def sweep(
        self,
        *,
        grace: timedelta = timedelta(hours=1),
        branches: Sequence[str] = (),
        leftovers: Collection[str] = (),
    ) -> Swept:
        """Drop abandoned branches and delete the files that no table of any ref names.

        Nothing is done while somebody writes: writers hold a lock that their end, even by
        `kill -9`, gives back. What an engine of its own writes (Trino, Spark) holds no lock, so
        files that nothing ever named stay for a while: they may be about to be committed.

        Args:
            grace: Younger files stay, but those that only a dropped branch or a leftover named.
            branches: Branches to drop before; those that are gone already are fine.
            leftovers: Metadata of tables that nobody will commit any more.
        """
        return sweep.sweep(self, grace=grace, branches=branches, leftovers=leftovers)

    def create(self) -> None:
        """Make the folder and the catalog, unless they are there."""
        self._when_used()
        catalog.make_folder(self.folder)
        self.catalog.create()

    def open(self, ref: str) -> AbstractContextManager[Guarded]:
        """Give pyiceberg's catalog of a ref, closed afterwards."""
        return self.catalog.open(ref, self.storage.properties)

    def load(self, table: str, location: str) -> dict[str, Any]:
        """Return the metadata at a location.

        Raises:
            LakeMoved: It is not there.
        """
        holder = self.storage if self.storage.holds(location) else self.local
        try:
            values: dict[str, Any] = json.loads(holder.read(location))
        except FileNotFoundError as error:
            raise LakeMoved(table, location) from error
        return values

    @contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[bool]:
        """Hold the writers' lock, which many writers share and a sweep has alone.

        Gives False when it is wanted exclusively and somebody writes. The system gives it back
        when the process ends, however it ends.
        """
        catalog.make_folder(self.folder)
        try:
            descriptor = os.open(self.folder / "writers.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LakeUnwritable(str(self.folder), str(error)) from error
        try:
            yield _flock(descriptor, exclusive=exclusive)
        finally:
            os.close(descriptor)

    def _location(self, table: str, ref: str) -> str:
        known = self.locations(ref)
        name = _bare(table)
        if name not in known:
            raise UnknownTable(name, known=known, ref=ref)
        return known[name]


def _bare(table: str) -> str:
    return ".".join(catalog.split_name(table))


def _flock(descriptor: int, *, exclusive: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
    except BlockingIOError:
        return False
    return True
