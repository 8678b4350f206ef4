"""What a table's manifests say: its files, its statistics, everything its metadata names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from phlo.lakehouse.catalog import VIEW_FILE
from phlo.lakehouse.storage import key_of
from phlo.lakehouse.tables import ColumnStatistics, FileInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import StaticTable
    from pyiceberg.types import NestedField, PrimitiveType


def files(table: str, location: str, properties: Mapping[str, str]) -> tuple[FileInfo, ...]:
    """Return the data files of the current snapshot."""
    from phlo.lakehouse.iceberg_internals import load_metadata, plan

    static = load_metadata(table, location, properties)
    specs = static.specs()
    found = []
    for task in plan(static.metadata, static.io):
        file = task.file
        names = [field.name for field in specs[file.spec_id].fields]
        values = [file.partition[i] for i in range(len(names))]
        found.append(
            FileInfo(
                path=key_of(file.file_path),
                format=str(file.file_format.value).lower(),
                rows=file.record_count,
                size_bytes=file.file_size_in_bytes,
                partition=dict(zip(names, values, strict=True)),
                delete_files=len(task.delete_files),
            )
        )
    return tuple(found)


def statistics(
    table: str, location: str, properties: Mapping[str, str]
) -> tuple[ColumnStatistics, ...]:
    """Return what the manifests know of each column of the current snapshot."""
    from phlo.lakehouse.iceberg_internals import load_metadata, plan

    static = load_metadata(table, location, properties)
    tasks = plan(static.metadata, static.io)
    fields = static.schema().fields
    if any(task.delete_files for task in tasks):
        return tuple(ColumnStatistics(field.name) for field in fields)
    data = [task.file for task in tasks]
    return tuple(_column(field, data, static.schemas()) for field in fields)


def named_files(locations: Iterable[str], properties: Mapping[str, str]) -> set[str]:
    """Return every file that metadata files name: themselves, their log, manifests, data."""
    from phlo.lakehouse.iceberg_internals import load_metadata

    named: set[str] = set()
    manifests: set[str] = set()
    for location in locations:
        named.add(location)
        if location.endswith(VIEW_FILE):
            continue
        static = load_metadata(location, location, properties)
        named.update(entry.metadata_file for entry in static.metadata.metadata_log)
        named.update(s.statistics_path for s in static.metadata.statistics)
        named.update(s.statistics_path for s in static.metadata.partition_statistics)
        _add_snapshots(static, named, manifests)
    return {key_of(name) for name in named}


def _add_snapshots(static: StaticTable, named: set[str], seen: set[str]) -> None:
    for snapshot in static.snapshots():
        if snapshot.manifest_list in named:
            continue
        named.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(static.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            named.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(static.io, discard_deleted=False)
            named.update(entry.data_file.file_path for entry in entries)


def _column(
    field: NestedField, data: Sequence[DataFile], schemas: dict[int, Schema]
) -> ColumnStatistics:
    rows = sum(file.record_count for file in data)
    if not field.field_type.is_primitive:
        return ColumnStatistics(field.name)
    nulls = _sum(field, data, "null_value_counts", schemas)
    nans = _sum(field, data, "nan_value_counts", schemas) if _is_float(field) else 0
    low, high, exact = _bounds(field, data)
    return ColumnStatistics(
        name=field.name,
        value_count=rows,
        null_count=nulls,
        nan_count=nans,
        minimum=low,
        maximum=high,
        is_exact=exact and nulls is not None,
    )


def _sum(
    field: NestedField, data: Sequence[DataFile], name: str, schemas: dict[int, Schema]
) -> int | None:
    total = 0
    for file in data:
        counts = getattr(file, name) or {}
        if field.field_id in counts:
            total += counts[field.field_id]
        elif name == "null_value_counts" and _lacks(field, file):
            total += file.record_count
        else:
            return None
    return total


def _lacks(field: NestedField, file: DataFile) -> bool:
    """Whether the file was written before the column was added: all its rows are NULL there."""
    sizes = file.column_sizes or {}
    return bool(sizes) and field.field_id not in sizes


def _bounds(field: NestedField, data: Sequence[DataFile]) -> tuple[Any, Any, bool]:
    """Return the least and the greatest bound, and whether they are values themselves."""
    from pyiceberg.conversions import from_bytes

    lows, highs = [], []
    kind = cast("PrimitiveType", field.field_type)
    for file in data:
        lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
        if field.field_id in lower and field.field_id in upper:
            lows.append(from_bytes(kind, lower[field.field_id]))
            highs.append(from_bytes(kind, upper[field.field_id]))
        elif (file.null_value_counts or {}).get(field.field_id) != file.record_count and not _lacks(
            field, file
        ):
            return None, None, False
    if not lows:
        return None, None, False
    return _python(kind, min(lows)), _python(kind, max(highs)), _has_exact_bounds(field)


def _python(kind: PrimitiveType, value: Any) -> Any:
    """Return a bound as Python has it: dates and times are numbers in a manifest."""
    from pyiceberg.types import DateType, TimestampType, TimestamptzType, TimeType
    from pyiceberg.utils import datetime as times

    if isinstance(kind, DateType):
        return times.days_to_date(value)
    if isinstance(kind, TimestampType):
        return times.micros_to_timestamp(value)
    if isinstance(kind, TimestamptzType):
        return times.micros_to_timestamptz(value)
    return times.micros_to_time(value) if isinstance(kind, TimeType) else value


def _has_exact_bounds(field: NestedField) -> bool:
    """Whether bounds of this type are never shortened; those of texts are, after 16 characters."""
    from pyiceberg.types import (
        BooleanType,
        DateType,
        DecimalType,
        IntegerType,
        LongType,
        TimestampType,
        TimestamptzType,
        TimeType,
    )

    # Floats are left out: NaN is no bound.
    whole = (BooleanType, DateType, DecimalType, IntegerType, LongType, TimestampType,
             TimestamptzType, TimeType)  # fmt: skip
    return isinstance(field.field_type, whole)


def _is_float(field: NestedField) -> bool:
    from pyiceberg.types import DoubleType, FloatType

    return isinstance(field.field_type, (DoubleType, FloatType))
