"""Merge by key, copy on write: files that hold changed rows are written anew, in one commit.

Nothing is taken from a table that a concurrent commit has changed: the commit is refused when rows
came into the range of keys, or files it replaces are gone, and the whole recipe runs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from phlo.lakehouse.write.data_files import DataFiles
from phlo.lakehouse.write.done import Done
from phlo.lakehouse.write.keys import differ, matches
from phlo.lakehouse.write.load import snapshot_properties, trying_again

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask
    from pyiceberg.types import PrimitiveType

    from phlo.lakehouse.write.plan import WritePlan
    from phlo.lakehouse.write.source import Source
    from phlo.lakehouse.write.stream import Stream
    from phlo.lakehouse.write.target import Target


def merge(
    target: Target,
    stream: Stream,
    source: Source,
    plan: WritePlan,
    progress: Callable[[int, int], None],
) -> Done:
    """Insert, update and delete by key; rows that are the table's already change nothing."""
    if not stream.types:
        return Done(target if target.is_begun else None, skipped=True)
    current: list[Target] = [target]

    def attempt() -> Done:
        mine = current.pop() if current else target.reload()
        mine.evolve(stream.types)
        with DataFiles(mine, progress) as files:
            done = _Merge(mine, source, plan, files).commit()
            files.keep()
        return done

    return trying_again(target.name, attempt)


class _Merge:
    """One attempt: against the table as one snapshot has it."""

    def __init__(self, target: Target, source: Source, plan: WritePlan, files: DataFiles) -> None:
        import numpy as np

        self.target, self.source, self.plan, self.files = target, source, plan, files
        self.schema = target.types()
        self.is_matched = np.zeros(source.count, dtype=bool)
        self.dead: list[DataFile] = []
        self.done = Done(target)

    def commit(self) -> Done:
        import numpy as np

        where = key_range(self.source.keys)
        for task in self.target.plan_files(where) if self.source.count else ():
            if may_hold(task, self.source.keys, self.target):
                self._rewrite(task)
        fresh = np.flatnonzero(~self.is_matched & ~self.source.deletes)
        for rows in self.source.tables(fresh, self.schema):
            self.files.add(rows)
        self.done.added = len(fresh)
        made = self.files.finish()
        self.done.files, self.done.bytes = len(made), self.files.bytes
        properties = snapshot_properties(self.plan)
        if self.target.is_new:
            self.target.append(made, properties)
        elif made or self.dead:
            self.target.replace(self.dead, made, properties, where=where)
        else:
            self.done.skipped = not self.target.has_changes
            self.target.append((), properties)
        return self.done

    def _rewrite(self, task: FileScanTask) -> None:
        """Write a file again without the rows that change, and with what they change to."""
        import numpy as np

        numbers, others = matches(
            self.target.read(task, self.plan.key), self.source.keys, self.plan.key
        )
        if not len(numbers):
            return
        rows = self.target.read(task)
        incoming = self.source.take(others, self.schema)
        # The table may hold a key twice, from before it was merged into: the first one counts.
        is_double = self.is_matched[others] | ~_is_first(others)
        self.is_matched[others] = True
        is_gone = self.source.deletes[others] | is_double
        is_changed = differ(rows.take(numbers), incoming) & ~is_gone
        leaves = is_gone | is_changed
        if not leaves.any():
            return
        stays = np.ones(rows.num_rows, dtype=bool)
        stays[numbers[leaves]] = False
        self.files.add(rows.filter(_mask(stays)))
        self.files.add(incoming.filter(_mask(is_changed)))
        self.dead.append(task.file)
        self.done.updated += int(is_changed.sum())
        self.done.deleted += int(is_gone.sum())


def key_range(keys: pa.Table) -> BooleanExpression:
    """Return a coarse condition that every row with one of these keys satisfies."""
    import pyarrow.compute as pc
    from pyiceberg import expressions

    # pyiceberg's classes take a column's name for a term, which their types do not say.
    ice = cast(Any, expressions)
    result: BooleanExpression = expressions.AlwaysTrue()
    for name in keys.column_names if keys.num_rows else ():
        if _has_literals(keys.schema.field(name).type):
            ends = pc.min_max(keys.column(name)).as_py()
            low, high = ends["min"], ends["max"]
            within = ice.And(ice.GreaterThanOrEqual(name, low), ice.LessThanOrEqual(name, high))
            result = expressions.And(result, within)
    return result


def may_hold(task: FileScanTask, keys: pa.Table, target: Target) -> bool:
    """Whether a key lies between the file's bounds, in every column where they are known."""
    import pyarrow.types as t
    from pyiceberg.conversions import from_bytes

    lower, upper = task.file.lower_bounds or {}, task.file.upper_bounds or {}
    for name in keys.column_names:
        field = target.metadata.schema().find_field(name)
        if not t.is_integer(keys.schema.field(name).type) or field.field_id not in lower:
            continue
        kind = cast("PrimitiveType", field.field_type)
        low = from_bytes(kind, lower[field.field_id])
        high = from_bytes(kind, upper[field.field_id])
        column = keys.column(name).to_numpy()
        if not ((column >= low) & (column <= high)).any():
            return False
    return True


def _has_literals(kind: pa.DataType) -> bool:
    import pyarrow.types as t

    return bool(t.is_integer(kind) or t.is_string(kind) or t.is_date(kind) or t.is_timestamp(kind))


def _is_first(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    result = np.zeros(len(numbers), dtype=bool)
    result[np.unique(numbers, return_index=True)[1]] = True
    return result


def _mask(values: np.ndarray[Any, Any]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values)
