"""Everything that leans on pyiceberg's private parts, in one place, with contract tests.

pyiceberg's minor version is pinned for its sake. Nothing here knows of phlo's plans and results.
"""

# ruff: noqa: TID253  the classes below are pyiceberg's; whoever imports this module wants it

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pyiceberg.catalog import Catalog, MetastoreCatalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import (
    ArrowScan,
    PyArrowFileIO,
    _ConvertToIcebergWithoutIDs,
    _dataframe_to_data_files,
    visit_pyarrow,
)
from pyiceberg.manifest import ManifestContent
from pyiceberg.schema import assign_fresh_schema_ids
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import (
    CommitTableResponse,
    DataScan,
    StaticTable,
    Table,
    TableProperties,
)
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _OverwriteFiles

from phlo.errors.data import LakeMoved
from phlo.lakehouse.catalog import open_connection

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from itertools import count
    from pathlib import Path

    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask, Transaction
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.typedef import Identifier, Properties


class Guarded(Catalog):
    """A catalog in which somebody looks at a table just before each attempt to commit."""

    #: Looks at the table as it is; may raise to stop the commit.
    guard: Callable[[TableMetadata], None] | None = None

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """Commit, after the guard has seen the table as it is now."""
        if self.guard is not None and self.table_exists(table.name()):
            # A commit that lands between this look and the swap moves the table's head, which the
            # transaction's own requirement notices: then the next attempt looks again.
            self.guard(self.load_table(table.name()).metadata)
        response: CommitTableResponse = super().commit_table(  # type: ignore[safe-super]
            table, requirements, updates
        )
        return response


class LakeCatalog(Guarded, SqlCatalog):
    """pyiceberg's SQL catalog on the lake's own file, for one ref."""

    def __init__(self, ref: str, file: Path, properties: Mapping[str, str]) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        # Not SqlCatalog's own __init__: it takes an address, in which not every path can be said,
        # and its pool would keep connections open.
        MetastoreCatalog.__init__(self, ref, **properties)
        self.engine = create_engine(
            "sqlite://", creator=lambda: open_connection(file), poolclass=NullPool
        )
        self._schema_version = "v1"

    @staticmethod
    def _delete_old_metadata(io: FileIO, base: TableMetadata, metadata: TableMetadata) -> None:
        """Keep old metadata: another ref may stand at it. `Lake.sweep` knows, and takes it."""


class PointerCatalog(Guarded, MetastoreCatalog):
    """A catalog that keeps only where each table's metadata is; phlo writes the metadata.

    What a subclass keeps is one location for each table, which moves by compare and swap. Anything
    that phlo does not ask of it, it refuses.
    """

    def pointer(self, table: str) -> tuple[str | None, str]:
        """Return where a table's metadata is, and what `move` is to find unchanged.

        Args:
            table: `namespace.name`.
        """
        raise NotImplementedError

    def move(self, table: str, seen: str, location: str, metadata: TableMetadata) -> None:
        """Let a table stand at another location, or begin to.

        Args:
            table: `namespace.name`.
            seen: What `pointer` gave beside the location.
            location: The new metadata.
            metadata: What is there.

        Raises:
            CommitFailedException: The table was moved meanwhile.
        """
        raise NotImplementedError

    def load_table(self, identifier: str | Identifier) -> Table:
        """Return a table as it is."""
        table = self._load(_dotted(identifier))[0]
        if table is None:
            raise NoSuchTableError(f"There is no table {_dotted(identifier)}")
        return table

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """Write the new metadata, then move the table to it."""
        name = table.name()
        current, seen = self._load(_dotted(name))
        if current is not None and self.guard is not None:
            self.guard(current.metadata)
        staged = self._update_and_stage_table(current, name, requirements, updates)
        if current is not None and staged.metadata == current.metadata:
            return _response(current.metadata, current.metadata_location)
        location = str(staged.metadata_location)
        self._write_metadata(staged.metadata, staged.io, location)
        self.move(_dotted(name), seen, location, staged.metadata)
        return _response(staged.metadata, location)

    def _load(self, name: str) -> tuple[Table | None, str]:
        location, seen = self.pointer(name)
        if location is None:
            return None, seen
        io = self._load_file_io(location=location)
        metadata = FromInputFile.table_metadata(io.new_input(location))
        identifier = tuple(name.split("."))
        io = self._load_file_io(metadata.properties, location)
        return Table(identifier, metadata, location, io, self), seen

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("phlo asks this of no catalog")

    create_namespace = drop_namespace = list_namespaces = _refuse
    load_namespace_properties = update_namespace_properties = _refuse
    create_table = register_table = rename_table = drop_table = list_tables = _refuse
    list_views = load_view = register_view = drop_view = view_exists = _refuse


def _response(metadata: TableMetadata, location: str) -> CommitTableResponse:
    return CommitTableResponse.model_construct(
        metadata=metadata, metadata_location=location
    )  # by the fields' names, which the constructor does not take


def _dotted(identifier: str | Identifier) -> str:
    return identifier if isinstance(identifier, str) else ".".join(identifier)


@contextmanager
def open_catalog(ref: str, file: Path, properties: Mapping[str, str]) -> Iterator[LakeCatalog]:
    """Give the catalog of a ref; its connections are closed afterwards.

    Args:
        ref: The ref.
        file: The catalog's file.
        properties: What the files of tables are read and written with.
    """
    catalog = LakeCatalog(ref, file, properties)
    try:
        yield catalog
    finally:
        catalog.close()


def create_transaction(
    catalog: Guarded, identifier: str, schema: Schema, **layout: Any
) -> Transaction:
    """Return a transaction that makes a table with its first rows in one commit."""
    return catalog.create_table_transaction(identifier, schema=schema, **layout)


def fresh_schema(schema: pa.Schema) -> Schema:
    """Return an Arrow schema as Iceberg has it, with ids given in order."""
    return assign_fresh_schema_ids(visit_pyarrow(schema, _ConvertToIcebergWithoutIDs()))


def without_own_retries(table: Table) -> Table:
    """Return the table so that a commit overtaken by another one fails at once.

    pyiceberg would try the same updates again, for minutes if one is a column; phlo begins anew.
    This changes only what the object holds: what is committed comes from the catalog.
    """
    table.metadata.properties[TableProperties.COMMIT_NUM_RETRIES] = "0"
    return table


def has_updates(tx: Transaction) -> bool:
    """Whether a transaction changes anything."""
    return bool(tx._updates)


def file_io(tx: Transaction) -> FileIO:
    """Return how a transaction's table is read and written."""
    return tx._table.io


def committed_metadata(tx: Transaction) -> TableMetadata:
    """Return the table as it is after the transaction was committed."""
    return tx._table.metadata


def write_data_files(
    metadata: TableMetadata, rows: pa.Table, io: FileIO, write_id: uuid.UUID, counter: count[int]
) -> list[DataFile]:
    """Write rows as data files of a table, split by its partitions; commits nothing."""
    return list(_dataframe_to_data_files(metadata, rows, io, write_id, counter))


def overwrite_files(tx: Transaction, properties: dict[str, str]) -> LeanOverwrite:
    """Return an operation that takes files away and adds others in one snapshot."""
    has_rows = tx.table_metadata.current_snapshot() is not None
    return LeanOverwrite(
        operation=Operation.OVERWRITE if has_rows else Operation.APPEND,
        transaction=tx,
        io=tx._table.io,
        snapshot_properties=properties,
    )


class LeanOverwrite(_OverwriteFiles):
    """An overwrite that leaves out manifests without live files and merges small ones.

    pyiceberg's own carries every manifest of deleted files along forever.
    """

    def _existing_manifests(self) -> list[ManifestFile]:
        return [
            manifest
            for manifest in super()._existing_manifests()
            if manifest.content == ManifestContent.DELETES
            or manifest.has_added_files()
            or manifest.has_existing_files()
        ]

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        properties = self._transaction.table_metadata.properties
        merger = _ManifestMergeManager(
            target_size_bytes=_number(properties, "MANIFEST_TARGET_SIZE_BYTES"),
            min_count_to_merge=_number(properties, "MANIFEST_MIN_MERGE_COUNT"),
            merge_enabled=properties.get(TableProperties.MANIFEST_MERGE_ENABLED) == "true",
            snapshot_producer=self,
        )
        data = [m for m in manifests if m.content == ManifestContent.DATA]
        deletes = [m for m in manifests if m.content == ManifestContent.DELETES]
        return [*merger.merge_manifests(data), *deletes]


def _number(properties: Properties, name: str) -> int:
    default = getattr(TableProperties, f"{name}_DEFAULT")
    return int(properties.get(getattr(TableProperties, name), default))


def load_metadata(table: str, location: str, properties: Mapping[str, str]) -> StaticTable:
    """Return a table as one metadata file has it, bound to no catalog.

    Args:
        table: Its name, for messages.
        location: The file.
        properties: What its storage is read with.

    Raises:
        LakeMoved: The file is not there.
    """
    io = PyArrowFileIO(dict(properties))
    try:
        metadata = FromInputFile.table_metadata(io.new_input(location))
    except FileNotFoundError as error:
        raise LakeMoved(table, location) from error
    return StaticTable(
        identifier=("static", table), metadata=metadata, metadata_location=location,
        io=io, catalog=cast(Any, None),
    )  # fmt: skip


def plan(
    metadata: TableMetadata, io: FileIO, where: BooleanExpression | None = None
) -> list[FileScanTask]:
    """Return the current data files that may hold such rows; reads manifests only."""
    scan = DataScan(table_metadata=metadata, io=io, row_filter=where or AlwaysTrue())
    return list(scan.plan_files())


def read_file(metadata: TableMetadata, io: FileIO, task: FileScanTask, schema: Schema) -> pa.Table:
    """Return one data file's live rows with these columns, as the table's schema has them now."""
    return ArrowScan(metadata, io, schema, AlwaysTrue()).to_table([task])


def read_batches(
    metadata: TableMetadata,
    io: FileIO,
    tasks: Iterable[FileScanTask],
    schema: Schema,
    where: BooleanExpression,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of data files one after the other; at most one file is in memory.

    pyiceberg's own reader hands every file to its threads at once, so that a slow reader of a large
    table would hold all of it.
    """
    scan = ArrowScan(metadata, io, schema, where)
    for task in tasks:
        yield from scan.to_record_batches([task])
