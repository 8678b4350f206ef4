"""A load by key: kept for a second look, one row for each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.lakehouse.arrow_types import conform
from phlo.lakehouse.predicate import mask, parse_condition
from phlo.lakehouse.write.keys import check_key, choose_rows, refuse_nulls

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa

    from phlo.lakehouse.write.plan import WritePlan
    from phlo.lakehouse.write.spool import Spool
    from phlo.lakehouse.write.stream import Stream

_SLICE = 100_000


class Source:
    """The rows of a load that count, numbered from 0; one for each key.

    The key columns are in memory; the rows may be on disk.

    Raises:
        NullKeys: A key is NULL.
        DuplicateKeys: Keys are double, and the plan does not say which row counts.
    """

    def __init__(self, stream: Stream, spool: Spool, plan: WritePlan) -> None:
        import numpy as np

        for rows in stream:
            spool.add(rows)
        schema = stream.schema()
        self.table = spool.table(schema)
        self._chosen = None
        self.keys = self.table.select([])
        if self.table.num_rows:
            self._choose(stream.table, plan, schema)
        self.count = self.table.num_rows if self._chosen is None else len(self._chosen)
        self.deletes = np.zeros(self.count, dtype=bool)
        if plan.delete_when is not None and self.count:
            self.deletes = self._marked(stream, plan.delete_when)

    def _choose(self, table: str, plan: WritePlan, schema: pa.Schema) -> None:
        """Find the row that counts for each key."""
        key = list(plan.key)
        check_key(table, key, schema)
        chosen_by = [plan.dedupe_by.removeprefix("-")] if plan.dedupe_by else []
        check_key(table, chosen_by, schema, said_by="dedupe_by")
        keys = self.table.select(list(dict.fromkeys((*key, *chosen_by)))).combine_chunks()
        refuse_nulls(table, key, keys)
        self._chosen = choose_rows(table, key, keys, plan.dedupe_by)
        self.keys = (keys if self._chosen is None else keys.take(self._chosen)).select(key)

    def take(self, numbers: np.ndarray[Any, Any], schema: pa.Schema) -> pa.Table:
        """Return rows by their numbers, with these columns."""
        rows = numbers if self._chosen is None else self._chosen[numbers]
        return conform(self.table.take(rows), schema)

    def tables(self, numbers: np.ndarray[Any, Any], schema: pa.Schema) -> Iterator[pa.Table]:
        """Yield rows by their numbers, a slice at a time."""
        for start in range(0, len(numbers), _SLICE):
            yield self.take(numbers[start : start + _SLICE], schema)

    def all_tables(self, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yield every row that counts."""
        import numpy as np

        return self.tables(np.arange(self.count), schema)

    def _marked(self, stream: Stream, text: str) -> np.ndarray[Any, Any]:
        """Return for each row whether it says that its key is to be deleted."""
        import numpy as np
        import pyarrow as pa

        from phlo.lakehouse.iceberg_internals import fresh_schema

        # A column without any value so far has no type, but may be asked for.
        untyped = [pa.field(name, pa.string()) for name in stream.left_out()]
        schema = pa.schema([*stream.schema(), *untyped])
        iceberg = fresh_schema(schema)
        condition = parse_condition(text, iceberg, stream.table)
        parts = [mask(rows, condition, iceberg).to_numpy() for rows in self.all_tables(schema)]
        return np.concatenate(parts)
