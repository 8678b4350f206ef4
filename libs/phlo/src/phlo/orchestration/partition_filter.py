"""One partition as a SQL condition: in the asset's query, and for the overwrite of its rows."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from phlo.assets.sql_file import PARTITION
from phlo.lakehouse.checks.compile import literal, quoted

if TYPE_CHECKING:
    from datetime import datetime

    from phlo.assets.partitions import Partition, Partitions


def with_partition(sql: str, partitions: Partitions, partition: Partition) -> str:
    """Return a query with its `{{ partition }}` filled in."""
    column = ".".join(quoted(part) for part in (partitions.column or "").split("."))
    if partition.start is None or partition.end is None:
        condition = f"{column} = {literal(partition.key)}"
    else:
        start, end = (_in_query(at, partitions) for at in (partition.start, partition.end))
        condition = f"({column} >= {start} AND {column} < {end})"
    return PARTITION.sub(lambda _: condition, sql)


def overwrite_filter(partitions: Partitions, partition: Partition, column_type: str) -> str:
    """Return the condition that the rows of a partition satisfy, for a column of this type."""
    column = quoted(partitions.column or "")
    if partition.start is None or partition.end is None:
        return f"{column} = {literal(partition.key)}"
    start, end = (literal(_in_lake(at, column_type)) for at in (partition.start, partition.end))
    return f"{column} >= {start} AND {column} < {end}"


def _in_query(at: datetime, partitions: Partitions) -> str:
    if partitions.timezone == "UTC":
        return f"DATE '{at:%Y-%m-%d}'"
    return f"TIMESTAMPTZ '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00:00'"


def _in_lake(at: datetime, column_type: str) -> str:
    """Return a moment as Iceberg reads it for a column of this type."""
    if column_type.startswith("timestamptz"):
        return at.isoformat()
    if column_type.startswith("timestamp"):
        return at.replace(tzinfo=None).isoformat()
    return at.strftime("%Y-%m-%d")
