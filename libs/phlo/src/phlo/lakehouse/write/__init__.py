"""Writing: rows to files, files to one commit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.data import NoMergeKey
from phlo.lakehouse import catalog
from phlo.lakehouse.write.plan import Stage, WritePlan, WriteProgress, WriteResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.lakehouse.iceberg_internals import Guarded
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.write.done import Done
    from phlo.lakehouse.write.stream import Stream

__all__ = ["WritePlan", "WriteProgress", "WriteResult", "write"]


def write(
    lake: Lake,
    table: str,
    data: Any,
    plan: WritePlan,
    *,
    ref: str = catalog.MAIN,
    progress: Callable[[WriteProgress], None] | None = None,
    root: Path | None = None,
) -> WriteResult:
    """Write rows to a table, all of them or none; the table is made if it is not there.

    Memory is bounded by the batch and not by the load, but for a merge (and for rows that must be
    unique) the columns of the key are held.

    Args:
        lake: The lake.
        table: `namespace.table`.
        data: Rows, frames, Arrow, files, or an iterable of them (see `phlo.lakehouse.rows`).
        plan: How to write.
        ref: The branch to write on.
        progress: Told of how far it is, from this thread.
        root: The folder that paths of files are relative to; the present one if not given.

    Raises:
        DataError: With the facts; nothing was written.
    """
    began = time.monotonic()
    name = ".".join(catalog.split_name(table))
    _check(name, plan)
    lake.create()
    lake.catalog.require(ref, writable=True)
    with lake.lock(), lake.open(ref) as iceberg:
        return _write(lake, iceberg, name, data, plan, progress, root or Path.cwd(), began)


def _write(
    lake: Lake,
    iceberg: Guarded,
    table: str,
    data: Any,
    plan: WritePlan,
    progress: Callable[[WriteProgress], None] | None,
    root: Path,
    began: float,
) -> WriteResult:
    from phlo.lakehouse.write.done import Done
    from phlo.lakehouse.write.load import LoadSeen, refuse_seen
    from phlo.lakehouse.write.stream import Stream
    from phlo.lakehouse.write.target import Target

    iceberg.guard = lambda metadata: refuse_seen(metadata, plan.load_id)
    target = Target(lake, iceberg, table, plan)
    stream = None
    try:
        if not target.is_new:
            refuse_seen(target.metadata, plan.load_id)
        stream = Stream(
            data,
            table,
            root=root,
            existing=target.arrow_schema(),
            schema=plan.schema,
            evolve=plan.evolve,
            replaces=plan.mode == "overwrite" and plan.overwrite_filter is None,
        )
        done = _run(lake, target, stream, plan, progress)
    except LoadSeen:
        done = Done(target.reload(), skipped=True)
    return _result(done, stream, began)


def _run(
    lake: Lake,
    target: Any,
    stream: Stream,
    plan: WritePlan,
    progress: Callable[[WriteProgress], None] | None,
) -> Done:
    from phlo.lakehouse.write.append import store
    from phlo.lakehouse.write.merge import merge
    from phlo.lakehouse.write.source import Source
    from phlo.lakehouse.write.spool import Spool

    def tell(rows: int, size: int) -> None:
        if progress is not None:
            stage: Stage = "merging" if plan.mode == "merge" else "writing"
            progress(WriteProgress(max(rows, stream.rows), size, stage))

    stream.on_rows = lambda: tell(stream.rows, 0)
    is_by_key = plan.mode == "merge" or (plan.key and (plan.mode == "overwrite" or plan.dedupe_by))
    if not is_by_key:
        return store(target, stream, stream, plan, tell)
    with Spool(lake.temporary) as spool:
        source = Source(stream, spool, plan)
        if plan.mode == "merge":
            return merge(target, stream, source, plan, tell)
        return store(target, stream, source.all_tables(stream.schema()), plan, tell)


def _result(done: Done, stream: Stream | None, began: float) -> WriteResult:
    target = done.target
    snapshot = total = None
    if target is not None and target.is_begun:
        snapshot, total = target.now()
    return WriteResult(
        rows_in=stream.rows if stream else 0,
        rows_added=done.added,
        rows_updated=done.updated,
        rows_deleted=done.deleted,
        rows_total=total or 0,
        bytes=done.bytes,
        files=done.files,
        snapshot_id=snapshot,
        skipped=done.skipped,
        schema_changes=stream.told() if stream else (),
        duration_ms=(time.monotonic() - began) * 1000,
    )


def _check(table: str, plan: WritePlan) -> None:
    if plan.mode == "merge" and not plan.key:
        raise NoMergeKey(table, "it has no key")
    if plan.mode != "merge" and plan.delete_when is not None:
        raise NoMergeKey(table, "delete_when needs mode='merge'")
    if plan.dedupe_by is not None and not plan.key:
        raise NoMergeKey(table, "dedupe_by needs a key")
