"""The lake: every table of a project, on every branch."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from phlo.errors.data import LakeUnwritable, UnknownRef, UnknownTable
from phlo.lakehouse import branch, catalog, metadata, sweep
from phlo.lakehouse.catalog import MAIN
from phlo.lakehouse.tables import RefInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from phlo.lakehouse.tables import (
        ColumnStatistics,
        FileInfo,
        Publication,
        Published,
        SnapshotInfo,
        Swept,
        TableDescription,
    )


class Lake:
    """The tables in a folder: `catalog.db` says where each stands, `warehouse/` holds the files.

        lake = Lake(root / ".phlo" / "lake")
        lake.create_branch("dev")
        ...
        lake.publish("dev")

    Opening it touches nothing; the folder is made by the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.catalog_file = self.folder / "catalog.db"
        self.warehouse = self.folder / "warehouse"
        self.temporary = self.folder / "tmp"

    def tables(self, ref: str = MAIN) -> tuple[str, ...]:
        """Return the names of a ref's tables, sorted.

        Raises:
            UnknownRef: There is no such ref.
        """
        return tuple(self.locations(ref))

    def locations(self, ref: str = MAIN) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is."""
        if not self.exists():
            self._require(ref)
            return {}
        with catalog.reading(self.catalog_file) as connection:
            branch.require(connection, ref)
            rows = connection.execute(
                "SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables"
                " WHERE catalog_name = ? ORDER BY 1",
                (ref,),
            )
            return dict(rows.fetchall())

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.catalog_file.exists()

    def metadata_location(self, table: str, ref: str = MAIN) -> str | None:
        """Return where a table's metadata is, or None when the ref has no such table."""
        return self.locations(ref).get(".".join(catalog.split_name(table)))

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch."""
        if not self.exists():
            return (RefInfo(MAIN),)
        with catalog.reading(self.catalog_file) as connection:
            return branch.refs(connection)

    def create_branch(self, name: str, source: str = MAIN) -> None:
        """Make a branch of all tables; nothing is copied.

        Raises:
            RefExists: The name is taken.
            UnknownRef: There is no such source.
            BadRefName: The name cannot be used.
        """
        self.create()
        with catalog.writing(self.catalog_file) as connection:
            branch.create(connection, name, source)

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
        self._require(name)
        with catalog.writing(self.catalog_file) as connection:
            return branch.publish(connection, name, tables, target)

    def publications(self, name: str) -> tuple[Publication, ...]:
        """Return what was published from a branch, the oldest first, even if it is gone by now."""
        if not self.exists():
            return ()
        with catalog.reading(self.catalog_file) as connection:
            return branch.publications(connection, name)

    def drop_branch(self, name: str) -> None:
        """Forget a branch; `sweep` takes the files that only it had.

        Raises:
            UnknownRef: There is no such branch.
        """
        self._require(name)
        with catalog.writing(self.catalog_file) as connection:
            branch.drop(connection, name)

    def drop_table(self, table: str, ref: str = MAIN) -> None:
        """Take a table away from a ref; `sweep` takes its files when no ref has it any more.

        Raises:
            UnknownTable: The ref has no such table.
        """
        self._location(table, ref)
        with catalog.writing(self.catalog_file) as connection:
            connection.execute(
                "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?"
                " AND table_name = ?",
                (ref, *catalog.split_name(table)),
            )

    def describe(self, table: str, ref: str = MAIN) -> TableDescription:
        """Return a table's columns, layout and size.

        Raises:
            UnknownTable: The ref has no such table.
            LakeMoved: Its metadata is not where the catalog says.
        """
        return metadata.describe(_bare(table), ref, self._location(table, ref))

    def snapshots(self, table: str, ref: str = MAIN) -> tuple[SnapshotInfo, ...]:
        """Return the states a table has had, the newest first."""
        return metadata.snapshots(_bare(table), self._location(table, ref))

    def files(self, table: str, ref: str = MAIN) -> tuple[FileInfo, ...]:
        """Return the data files of a table's current snapshot."""
        from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

        return manifests.files(_bare(table), self._location(table, ref))

    def statistics(self, table: str, ref: str = MAIN) -> tuple[ColumnStatistics, ...]:
        """Return what the manifests know of each column; no data is read."""
        from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

        return manifests.statistics(_bare(table), self._location(table, ref))

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
            _bare(table), self._location(table, ref),
            columns=columns, where=where, snapshot_id=snapshot_id, limit=limit,
        )  # fmt: skip

    def sweep(
        self, *, grace: timedelta = timedelta(hours=1), branches: Sequence[str] = ()
    ) -> Swept:
        """Drop abandoned branches and delete the files that no table of any ref names.

        Nothing is done while somebody writes: writers hold a lock that their end, even by
        `kill -9`, gives back. So a caller that knows of no writer outside phlo may pass no grace.

        Args:
            grace: Files younger than this stay.
            branches: Branches to drop before; those that are gone already are fine.
        """
        return sweep.sweep(self, grace=grace, branches=branches)

    def create(self) -> None:
        """Make the folder and the catalog, unless they are there."""
        catalog.create(self.catalog_file)

    @contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[bool]:
        """Hold the writers' lock, which many writers share and a sweep has alone.

        Gives False when it is wanted exclusively and somebody writes. The system gives it back
        when the process ends, however it ends.
        """
        self.create()
        try:
            descriptor = os.open(self.folder / "writers.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LakeUnwritable(str(self.folder), str(error)) from error
        try:
            yield _flock(descriptor, exclusive=exclusive)
        finally:
            os.close(descriptor)

    def _require(self, ref: str) -> None:
        """Refuse a branch of a lake that is not there yet."""
        if ref != MAIN and not self.exists():
            raise UnknownRef(ref)

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
