"""How phlo makes a table: its defaults, its partitions, its order."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from phlo.errors.data import BadTransform
from phlo.errors.rows import UnknownColumn
from phlo.errors.suggest import did_you_mean
from phlo.lakehouse.catalog import split_name
from phlo.lakehouse.metadata import KEY_PROPERTY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import Transaction
    from pyiceberg.table.sorting import SortOrder
    from pyiceberg.transforms import Transform

    from phlo.lakehouse.iceberg_internals import Guarded
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.write.plan import WritePlan

#: One data file holds at most so much: as Arrow has it in memory, and in rows.
TARGET_FILE_BYTES = 128 * 1024 * 1024
TARGET_FILE_ROWS = 524_288

DEFAULTS = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # One row group a file: two cost 13 % of time and 7 % of size, four 40 and 21 %, and files are
    # as small as a lookup wants its row groups.
    "write.parquet.row-group-limit": str(TARGET_FILE_ROWS),
    "write.target-file-size-bytes": str(TARGET_FILE_BYTES),
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "10",
    "commit.retry.num-retries": "20",
    "commit.retry.min-wait-ms": "20",
    "write.metadata.previous-versions-max": "20",
    # Not "delete after commit": an old metadata file of one ref may be the present one of another.
    # `Lake.sweep`, which looks at all refs, deletes those that no ref needs.
    "write.metadata.delete-after-commit.enabled": "false",
}

_TRANSFORM = re.compile(r"\s*(\w+)\s*(?:\(\s*(?:(\d+)\s*,\s*)?(\w+)\s*\))?\s*")
_TIMES = ("year", "month", "day", "hour")
_SIZED = ("bucket", "truncate")


def create_transaction(
    lake: Lake, catalog: Guarded, table: str, schema: Schema, plan: WritePlan
) -> Transaction:
    """Return a transaction that makes the table when it is committed; until then there is none."""
    from phlo.lakehouse.iceberg_internals import create_transaction

    namespace, name = split_name(table)
    lake.catalog.ensure_namespace(catalog.name, namespace)
    return create_transaction(
        catalog,
        table,
        schema,
        location=lake.storage.new_location(namespace, name),
        partition_spec=partition_spec(plan.partition_by, schema, table),
        sort_order=sort_order(plan.sort_by, schema, table),
        properties=DEFAULTS | _said(plan),
    )


def partition_spec(parts: Sequence[str], schema: Schema, table: str) -> PartitionSpec:
    """Return how files are laid out, from `day(created_at)`, `bucket(16, id)`, `country`.

    Raises:
        BadTransform: A part is no transform of a column.
        UnknownColumn: A column is not in the schema.
    """
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec

    fields = []
    for number, part in enumerate(parts):
        transform, column, suffix = parse_transform(part)
        source = schema.find_field(_known(column, schema, table, "partition_by"))
        if not transform.can_transform(source.field_type):
            raise BadTransform(part, close=f"'{column}' is a {source.field_type}")
        name = column if suffix is None else f"{column}_{suffix}"
        fields.append(
            PartitionField(source.field_id, PARTITION_FIELD_ID_START + number, transform, name)
        )
    return PartitionSpec(*fields)


def parse_transform(text: str) -> tuple[Transform[object, object], str, str | None]:
    """Return a transform, its column, and how its partition is named after the column.

    Raises:
        BadTransform: It is no transform of a column.
    """
    from pyiceberg.transforms import IdentityTransform, parse_transform

    found = _TRANSFORM.fullmatch(text)
    if found is None:
        raise BadTransform(text)
    name, size, column = found.groups()
    if column is None:
        return IdentityTransform(), name, None
    if name == "identity" and size is None:
        return IdentityTransform(), column, None
    if name in _TIMES and size is None:
        return parse_transform(name), column, name
    if name in _SIZED and size is not None and int(size) > 0:
        return parse_transform(f"{name}[{size}]"), column, name
    raise BadTransform(text, close=did_you_mean(name, (*_TIMES, *_SIZED)))


def sort_order(columns: Sequence[str], schema: Schema, table: str) -> SortOrder:
    """Return the order of rows within files; `-column` sorts down."""
    from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
    from pyiceberg.transforms import IdentityTransform

    fields = [
        SortField(
            schema.find_field(_known(column.removeprefix("-"), schema, table, "sort_by")).field_id,
            IdentityTransform(),
            SortDirection.DESC if column.startswith("-") else SortDirection.ASC,
            NullOrder.NULLS_LAST,
        )
        for column in columns
    ]
    return SortOrder(*fields) if fields else SortOrder(order_id=0)


def _said(plan: WritePlan) -> dict[str, str]:
    properties = {KEY_PROPERTY: json.dumps(list(plan.key))} if plan.key else {}
    if plan.description:
        properties["comment"] = plan.description
    return properties


def _known(column: str, schema: Schema, table: str, said_by: str) -> str:
    names = [field.name for field in schema.fields]
    if column not in names:
        raise UnknownColumn(column, said_by=said_by, known=names, table=table)
    return column
