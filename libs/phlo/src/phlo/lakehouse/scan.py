"""Reading a table without a query engine: files one after the other, rows as batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.refs import UnknownSnapshot
from phlo.errors.rows import UnknownColumn
from phlo.lakehouse.arrow_types import settle
from phlo.lakehouse.predicate import parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa


def read(
    table: str,
    location: str,
    properties: Mapping[str, str],
    *,
    columns: Sequence[str] | None,
    where: str | None,
    snapshot_id: int | None,
    limit: int | None,
) -> pa.RecordBatchReader:
    """Return a table's rows as they are read."""
    import pyarrow as pa
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    from phlo.lakehouse.iceberg_internals import load_metadata, read_batches

    static = load_metadata(table, location, properties)
    if snapshot_id is not None and static.snapshot_by_id(snapshot_id) is None:
        raise UnknownSnapshot(table, snapshot_id)
    names = [field.name for field in static.schema().fields]
    for column in columns or ():
        if column not in names:
            raise UnknownColumn(column, said_by="columns", known=names, table=table)
    condition = parse_condition(where, static.schema(), table) if where else AlwaysTrue()
    scan = static.scan(
        row_filter=condition, selected_fields=tuple(columns or ("*",)), snapshot_id=snapshot_id
    )
    wanted = scan.projection()
    # In the order asked for, which is not always the table's.
    found = schema_to_pyarrow(wanted, include_field_ids=False)
    schema = pa.schema(
        [(name, settle(found.field(name).type, name)) for name in columns or found.names]
    )
    batches = read_batches(static.metadata, static.io, scan.plan_files(), wanted, condition)
    return pa.RecordBatchReader.from_batches(schema, _limited(batches, schema, limit))


def _limited(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, limit: int | None
) -> Iterator[pa.RecordBatch]:
    left = limit
    for batch in batches:
        if left is not None and left <= 0:
            return
        chosen = batch.select(schema.names).cast(schema)
        yield chosen if left is None else chosen.slice(0, left)
        left = None if left is None else left - batch.num_rows
