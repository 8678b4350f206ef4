"""Append and overwrite: files first, then one commit that names them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from phlo.errors.rows import OutsidePartition
from phlo.lakehouse.predicate import mask, parse_condition
from phlo.lakehouse.write.data_files import DataFiles, have_same_rows
from phlo.lakehouse.write.done import Done
from phlo.lakehouse.write.load import snapshot_properties, trying_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.manifest import DataFile

    from phlo.lakehouse.write.plan import WritePlan
    from phlo.lakehouse.write.stream import Stream
    from phlo.lakehouse.write.target import Target


def store(
    target: Target,
    stream: Stream,
    tables: Iterable[pa.Table],
    plan: WritePlan,
    progress: Callable[[int, int], None],
) -> Done:
    """Write rows as they come, then commit all of them at once.

    Args:
        target: The table.
        stream: What says which columns the rows have brought so far.
        tables: The rows, which may be those of the stream or what was chosen of them.
        plan: What to do.
        progress: Told of rows and bytes written.
    """
    with DataFiles(target, progress) as files:
        for rows in tables:
            _evolve(target, stream)
            _refuse_outside(target, rows, plan)
            files.add(rows)
        _evolve(target, stream)
        if not target.is_begun:
            return Done(None, skipped=True)  # no rows, no columns, no table: nothing to make
        target.remove_columns(stream.vanished())
        made = files.finish()
        done = trying_again(target.name, _Commit(target, stream, plan, made))
        if done.skipped:
            return done
        files.keep()
    done.added = files.rows
    done.bytes += files.bytes
    done.files += len(made)
    return done


class _Commit:
    """One attempt after another; the first has the target the files were written for."""

    def __init__(
        self, target: Target, stream: Stream, plan: WritePlan, made: list[DataFile]
    ) -> None:
        self.first, self.stream, self.plan, self.made = target, stream, plan, made
        self.is_first = True

    def __call__(self) -> Done:
        target = self.first if self.is_first else self._again()
        self.is_first = False
        properties = snapshot_properties(self.plan)
        if self.plan.mode == "append" or target.is_new:
            changed = bool(self.made) or target.is_new or target.has_changes
            target.append(self.made, properties)
            return Done(target, skipped=not changed)
        return self._overwrite(target, properties)

    def _again(self) -> Target:
        target = self.first.reload()
        if not target.is_new:
            target.remove_columns(self.stream.removed & set(target.column_names()))
        target.evolve(self.stream.types)
        target.adopt(self.first)
        return target

    def _overwrite(self, target: Target, properties: dict[str, str]) -> Done:
        from pyiceberg.expressions import AlwaysTrue

        with ExitStack() as stack:
            if self.plan.overwrite_filter is None:
                condition: BooleanExpression = AlwaysTrue()
                tasks = target.plan_files()
                dead, kept = [task.file for task in tasks], None
                gone = target.count(tasks)
            else:
                condition = _condition(target, self.plan)
                kept = stack.enter_context(DataFiles(target))
                dead, gone = _keep_others(target, condition, kept)
            added = [*self.made, *(kept.finish() if kept else ())]
            if not target.has_changes and have_same_rows(target.io, dead, added):
                return Done(target, skipped=True)
            target.replace(dead, added, properties, where=condition)
            if kept is None:
                return Done(target, deleted=gone)
            kept.keep()
            return Done(target, deleted=gone, bytes=kept.bytes, files=len(added) - len(self.made))


def _keep_others(
    target: Target, condition: BooleanExpression, kept: DataFiles
) -> tuple[list[DataFile], int]:
    """Write again the rows that share a file with rows to replace; return the files to drop."""
    import pyarrow.compute as pc

    dead, gone = [], 0
    for task in target.plan_files(condition):
        rows = target.read(task)
        replaced = mask(rows, condition, target.metadata.schema())
        count = pc.sum(replaced).as_py() or 0
        if count:
            dead.append(task.file)
            gone += count
            kept.add(rows.filter(pc.invert(replaced)))
    return dead, gone


def _condition(target: Target, plan: WritePlan) -> BooleanExpression:
    return parse_condition(plan.overwrite_filter or "", target.metadata.schema(), target.name)


def _evolve(target: Target, stream: Stream) -> None:
    if stream.types:
        if not target.is_new:
            target.remove_columns(stream.take_retyped())
        target.evolve(stream.types)


def _refuse_outside(target: Target, rows: pa.Table, plan: WritePlan) -> None:
    import pyarrow.compute as pc

    if plan.overwrite_filter is None:
        return
    condition = _condition(target, plan)
    inside = mask(rows, condition, target.metadata.schema())
    outside = rows.filter(pc.invert(inside))
    if outside.num_rows:
        example = outside.slice(0, 1).to_pylist()[0]
        shown = ", ".join(f"{key}={value!r}" for key, value in list(example.items())[:6])
        raise OutsidePartition(target.name, plan.overwrite_filter, outside.num_rows, shown)
