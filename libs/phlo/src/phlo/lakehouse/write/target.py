"""The table a write goes to: as it is now, with the changes that one commit will make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.data import LakeMoved
from phlo.errors.refs import CommitConflict
from phlo.errors.rows import SchemaRefused
from phlo.lakehouse.arrow_types import conform, settle
from phlo.lakehouse.catalog import refusals_told
from phlo.lakehouse.iceberg_internals import (
    committed_metadata,
    file_io,
    fresh_schema,
    has_updates,
    overwrite_files,
    plan,
    read_file,
    without_own_retries,
)
from phlo.lakehouse.table import create_transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table, Transaction
    from pyiceberg.table.metadata import TableMetadata

    from phlo.lakehouse.iceberg_internals import Guarded
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.write.plan import WritePlan


class Target:
    """One table in one transaction; a table that is not there yet is made by the same commit.

    Nothing is seen by anybody until `commit`.
    """

    def __init__(self, lake: Lake, catalog: Guarded, table: str, plan: WritePlan) -> None:
        from pyiceberg.exceptions import NoSuchTableError

        self.lake, self.catalog, self.name, self.plan = lake, catalog, table, plan
        try:
            self.table: Table | None = without_own_retries(catalog.load_table(table))
        except NoSuchTableError:
            self.table = None
        except FileNotFoundError as error:
            location = lake.metadata_location(table, catalog.name) or lake.storage.place
            raise LakeMoved(table, location) from error
        self._tx: Transaction | None = self.table.transaction() if self.table else None

    @property
    def is_new(self) -> bool:
        """Whether the table is not there yet."""
        return self.table is None

    @property
    def tx(self) -> Transaction:
        """The transaction; a new table has one after `evolve` has said its columns."""
        if self._tx is None:
            raise RuntimeError("a new table has no transaction before its columns are known")
        return self._tx

    @property
    def is_begun(self) -> bool:
        """Whether there is a transaction: the table exists, or its columns are known."""
        return self._tx is not None

    @property
    def metadata(self) -> TableMetadata:
        """The table as the transaction will leave it."""
        return self.tx.table_metadata

    @property
    def io(self) -> FileIO:
        """How the table's files are read and written."""
        return file_io(self.tx)

    def arrow_schema(self) -> pa.Schema | None:
        """Return the columns the table has now, or None when it is new."""
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        if self.table is None:
            return None
        return schema_to_pyarrow(self.table.schema(), include_field_ids=False)

    def types(self) -> pa.Schema:
        """Return the columns the transaction will leave, with the types that rows come in."""
        import pyarrow as pa
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        schema = schema_to_pyarrow(self.metadata.schema(), include_field_ids=False)
        return pa.schema([(field.name, settle(field.type, field.name)) for field in schema])

    def column_names(self) -> list[str]:
        """Return the names of the columns the transaction will leave."""
        return [field.name for field in self.metadata.schema().fields]

    @property
    def has_changes(self) -> bool:
        """Whether the transaction changes anything yet, such as a column."""
        return has_updates(self.tx)

    def reload(self) -> Target:
        """Return the same table as it is now."""
        return Target(self.lake, self.catalog, self.name, self.plan)

    def now(self) -> tuple[int | None, int]:
        """Return the current snapshot's number and how many rows it has."""
        snapshot = committed_metadata(self.tx).current_snapshot()
        if snapshot is None:
            return None, 0
        summary = snapshot.summary
        return snapshot.snapshot_id, int((summary and summary["total-records"]) or 0)

    def count(self, tasks: Iterable[FileScanTask]) -> int:
        """Return how many rows these files hold; where some are deleted, the files are read."""
        return sum(
            self.read(task, self.column_names()[:1]).num_rows
            if task.delete_files
            else task.file.record_count
            for task in tasks
        )

    def evolve(self, types: Mapping[str, pa.DataType]) -> None:
        """Let the table have these columns; those it has are widened where they must be."""
        import pyarrow as pa

        wanted = fresh_schema(pa.schema(list(types.items())))
        if self._tx is None:
            self._tx = create_transaction(self.lake, self.catalog, self.name, wanted, self.plan)
            return
        have = {field.name: field.field_type for field in self.metadata.schema().fields}
        if any(str(have.get(f.name)) != str(f.field_type) for f in wanted.fields):
            with self._tx.update_schema() as update:
                update.union_by_name(wanted)

    def remove_columns(self, names: Iterable[str]) -> None:
        """Take columns away, which only a replacement of all rows may do."""
        names = sorted(names)
        laid_out = {
            self.metadata.schema().find_column_name(field.source_id)
            for field in (*self.metadata.spec().fields, *self._sort_fields())
        }
        if used := [name for name in names if name in laid_out]:
            problem = f"'{used[0]}' lays out its files, so it cannot go or change its type"
            raise SchemaRefused(self.name, [problem], evolve=self.plan.evolve)
        if names:
            with self.tx.update_schema(allow_incompatible_changes=True) as update:
                for name in names:
                    update.delete_column(name)

    def plan_files(self, where: BooleanExpression | None = None) -> list[FileScanTask]:
        """Return the files that may hold such rows."""
        if self.table is None:
            return []
        return plan(self.metadata, self.io, where)

    def read(self, task: FileScanTask, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the live rows of one file, with the columns the transaction will leave."""
        import pyarrow as pa

        schema = self.metadata.schema()
        wanted = schema.select(*columns) if columns is not None else schema
        rows = read_file(self.metadata, self.io, task, wanted)
        # A file may hold its texts as another of Arrow's text types.
        types = self.types()
        return conform(rows, pa.schema([types.field(f.name) for f in wanted.fields]))

    def append(self, files: Iterable[DataFile], properties: dict[str, str]) -> None:
        """Commit more files, or for a new table without rows the table alone."""
        files = list(files)
        with refusals_told(self.lake.storage):
            if files:
                update = self.tx.update_snapshot(snapshot_properties=properties)
                with update.merge_append() as snapshot:
                    for file in files:
                        snapshot.append_data_file(file)
            self.tx.commit_transaction()

    def replace(
        self,
        dead: Iterable[DataFile],
        files: Iterable[DataFile],
        properties: dict[str, str],
        *,
        where: BooleanExpression,
    ) -> None:
        """Commit files in place of others; refused if such rows came in the meantime."""
        with refusals_told(self.lake.storage):
            with overwrite_files(self.tx, properties) as snapshot:
                # The condition decides only what counts as a conflict; the files say what goes.
                snapshot.delete_by_predicate(where)
                for file in dead:
                    snapshot.delete_data_file(file)
                for file in files:
                    snapshot.append_data_file(file)
            self.tx.commit_transaction()

    def sort_keys(self) -> list[tuple[str, str]]:
        """Return the order of rows within files, as pyarrow sorts by it."""
        schema = self.metadata.schema()
        return [
            (str(schema.find_column_name(f.source_id)),
             "descending" if f.direction.value == "desc" else "ascending")
            for f in self._sort_fields()
        ]  # fmt: skip

    def adopt(self, other: Target) -> None:
        """Make sure that files written for another state of the table are right for this one.

        Raises:
            CommitConflict: Columns or partitions were changed at the same time.
        """
        mine, theirs = self.metadata.schema(), other.metadata.schema()
        ids = {field.name: field.field_id for field in mine.fields}
        if any(
            ids.get(field.name) != field.field_id for field in theirs.fields if field.name in ids
        ):
            raise CommitConflict([self.name])
        if self.metadata.spec() != other.metadata.spec():
            raise CommitConflict([self.name])

    def _sort_fields(self) -> list[Any]:
        order = self.metadata.sort_order_by_id(self.metadata.default_sort_order_id)
        return list(order.fields) if order else []
