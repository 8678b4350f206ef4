"""Rows by key: none may be NULL or double, and which of the table's rows a load meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.data import NoMergeKey
from phlo.errors.rows import DuplicateKeys, NullKeys, UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

_EXAMPLES = 3
_ROW = "__phlo_row"
_OTHER = "__phlo_other"


def check_key(table: str, key: Sequence[str], schema: pa.Schema, *, said_by: str = "key") -> None:
    """Refuse a key that the rows do not have, or that cannot identify a row.

    Raises:
        UnknownColumn: A column is not there.
        NoMergeKey: A column has a type without equality.
    """
    import pyarrow.types as t

    for column in key:
        if column not in schema.names:
            raise UnknownColumn(column, said_by=said_by, known=schema.names, table=table)
        if t.is_nested(schema.field(column).type):
            raise NoMergeKey(table, f"'{column}' is a {schema.field(column).type}, which is no key")


def refuse_nulls(table: str, key: Sequence[str], keys: pa.Table) -> None:
    """Refuse keys that are NULL (or NaN) in one of their columns.

    Raises:
        NullKeys: Some are.
    """
    import pyarrow.compute as pc

    counts = {}
    for column in key:
        missing = pc.sum(keys.column(column).is_null(nan_is_null=True)).as_py() or 0
        if missing:
            counts[column] = missing
    if counts:
        raise NullKeys(table, counts, keys.num_rows)


def choose_rows(table: str, key: Sequence[str], keys: pa.Table, dedupe_by: str | None) -> Any:
    """Return the numbers of the rows that count, one for each key, in their order; None for all.

    Args:
        table: The table's name, for messages.
        key: The columns that identify a row.
        keys: These columns of all rows, and the column to choose by.
        dedupe_by: The first row by this column counts, by `-column` the last; of equal ones the row
            that came last.

    Raises:
        DuplicateKeys: There are doubles, and nothing says which row counts.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = keys.select(list(key)).group_by(list(key)).aggregate([([], "count_all")])
    if counts.num_rows == keys.num_rows:
        return None
    if dedupe_by is None:
        doubles = counts.filter(pc.greater(counts.column("count_all"), 1))
        examples = [list(row.values()) for row in doubles.select(list(key))[:_EXAMPLES].to_pylist()]
        raise DuplicateKeys(table, key, doubles.num_rows, examples)
    column = dedupe_by.removeprefix("-")
    direction = "descending" if dedupe_by.startswith("-") else "ascending"
    numbered = keys.append_column(_ROW, pa.array(np.arange(keys.num_rows)))
    # NULLs are sorted to the end, whatever the direction.
    order = pc.sort_indices(numbered, sort_keys=[(column, direction), (_ROW, "descending")])
    ordered = numbered.take(order)
    first = ordered.group_by(list(key), use_threads=False).aggregate([(_ROW, "first")])
    return np.sort(first.column(f"{_ROW}_first").to_numpy())


def matches(
    rows: pa.Table, source: pa.Table, key: Sequence[str]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return which rows have a key of the source, and beside them the source's row of that key.

    Args:
        rows: The key columns of some of the table's rows.
        source: The key columns of the load, each key once.
        key: The columns.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(key) == 1:
        column = rows.column(key[0])
        wanted = source.column(key[0]).combine_chunks()
        found = pc.index_in(column, value_set=wanted)
        hit = found.is_valid().to_numpy()
        numbers = np.flatnonzero(hit)
        return numbers, found.drop_null().to_numpy().astype(np.int64)
    left = rows.append_column(_ROW, pa.array(np.arange(rows.num_rows)))
    right = source.append_column(_OTHER, pa.array(np.arange(source.num_rows)))
    pairs = left.join(right, list(key), join_type="inner").sort_by(_ROW)
    return pairs.column(_ROW).to_numpy(), pairs.column(_OTHER).to_numpy()


def differ(left: pa.Table, right: pa.Table) -> np.ndarray[Any, Any]:
    """Return for each row whether the two tables differ there; NULLs are equal, and so are NaNs."""
    import numpy as np

    result = np.zeros(left.num_rows, dtype=bool)
    for name in left.column_names:
        result |= _column_differs(left.column(name), right.column(name))
    return result


def _column_differs(left: pa.ChunkedArray, right: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.types as t

    if t.is_nested(left.type):
        pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
        return np.fromiter((a != b for a, b in pairs), dtype=bool, count=len(left))
    unequal = pc.not_equal(left, right)
    if t.is_floating(left.type):
        both_nan = pc.and_(pc.is_nan(left), pc.is_nan(right))
        unequal = pc.and_not(unequal, both_nan)
    one_null = pc.xor(left.is_null(), right.is_null())
    return np.asarray(pc.or_(pc.fill_null(unequal, False), one_null).to_numpy())
