"""Making an asset's rows on its branch: from a function or a query, as its specification says."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phlo.assets.context import Context, Secrets
from phlo.assets.partitions import Partition, Partitions
from phlo.errors.rows import OutsidePartition
from phlo.lakehouse.write import write
from phlo.lakehouse.write.plan import WritePlan, WriteResult
from phlo.model.sources import FileSource
from phlo.orchestration.call import call
from phlo.orchestration.counting import counted
from phlo.orchestration.output import captured
from phlo.orchestration.partition_filter import overwrite_filter, with_partition
from phlo.orchestration.reading import LakeReader

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from phlo.lakehouse.write.plan import WriteProgress
    from phlo.orchestration.world import StepTeller


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows that are on the branch, and what the function wants to keep for the next time."""

    result: WriteResult
    mode: str = "append"
    state: Mapping[str, Any] | None = None


def stage(teller: StepTeller, branch: str, snapshots: Mapping[str, int], attempt: int) -> Staged:
    """Make the rows of one step on its branch.

    Args:
        teller: The step.
        branch: Where to write.
        snapshots: Inputs that are read as they were then.
        attempt: Which try this is, from 1.

    Raises:
        PhloError: With the facts; the branch is as it was.
    """
    world, asset = teller.world, teller.asset
    engine = world.engine(asset.engine)
    with (
        LakeReader(
            world.lake, engine, branch, snapshots, world.interrupts, world.sql_dialect
        ) as reader,
        captured(teller) as log,
    ):
        teller.progress(now=True, stage="reading", rows_in=0, attempt=attempt)
        context = None
        if asset.sql is not None:
            data, schema = _query(teller, reader), None
        else:
            assert world.code is not None, "a run that makes assets has their code"
            loaded = world.code.asset(asset)
            schema = loaded.declaration.parameters.get("schema")
            context = _context(teller, log, attempt)
            data = call(
                loaded.function, loaded.declaration.arguments,
                world=world, reader=reader, inputs=asset.inputs,
                partition=teller.partition, context=context,
            )  # fmt: skip
        plan = _plan(teller, branch, data, schema)
        result = _write(teller, branch, counted(data, teller), plan)
        _refuse_outside(teller, reader, branch, plan, result)
    return Staged(result, plan.mode, None if context is None else context.state)


def _query(teller: StepTeller, reader: LakeReader) -> Any:
    asset = teller.asset
    sql, dialect = asset.sql or "", asset.dialect or "duckdb"
    partitions = partitions_of(teller)
    if partitions is not None and teller.partition is not None:
        sql = with_partition(sql, partitions, teller.partition)
    return reader.stream(sql, dialect, asset.file)


def _context(teller: StepTeller, log: logging.Logger, attempt: int) -> Context:
    options = teller.world.options
    state = (
        {} if options.full_refresh else teller.world.store.asset_state(teller.asset.key, teller.key)
    )
    return Context(
        run_id=options.run_id,
        table=teller.asset.key,
        log=log,
        secrets=Secrets({**teller.world.secrets, **os.environ}),
        state=state,
        ref=options.ref,
        attempt=attempt,
        full_refresh=options.full_refresh,
    )


def _plan(teller: StepTeller, branch: str, data: Any, schema: Any) -> WritePlan:
    """Return how to write: what the asset says, and what its rows and the run make of it."""
    asset, options = teller.asset, teller.world.options
    mode = asset.mode
    if not asset.is_mode_given and not asset.key_columns and isinstance(data, FileSource):
        mode = "overwrite"
    if options.full_refresh and asset.partitions is None:
        mode = "overwrite"
    if schema is None and hasattr(data, "read_next_batch"):
        schema = data.schema  # so that a query without rows makes the table, too
    plan = WritePlan(
        mode=mode,  # type: ignore[arg-type]
        key=asset.key_columns,
        dedupe_by=asset.dedupe_by,
        delete_when=asset.delete_when if mode == "merge" else None,
        schema=schema,
        evolve=asset.evolve,  # type: ignore[arg-type]
        partition_by=asset.partition_by,
        sort_by=asset.sort_by,
        load_id=f"{options.run_id}/{asset.key}/{teller.key or ''}",
        run_id=options.run_id,
        description=asset.description,
    )
    if mode == "overwrite" and teller.partition is not None:
        return replace(plan, overwrite_filter=_filter(teller, branch))
    return plan


def _filter(teller: StepTeller, branch: str) -> str | None:
    """Return which rows an overwrite of one partition replaces; None for a table to be made."""
    lake, partitions = teller.world.lake, partitions_of(teller)
    if partitions is None or teller.partition is None:
        return None
    if lake.metadata_location(teller.asset.key, branch) is None:
        return None
    columns = {c.name: c.type for c in lake.describe(teller.asset.key, branch).columns}
    return overwrite_filter(
        partitions, teller.partition, columns.get(partitions.column or "", "string")
    )


def _write(teller: StepTeller, branch: str, data: Any, plan: WritePlan) -> WriteResult:
    def on_progress(progress: WriteProgress) -> None:
        teller.progress(stage=progress.stage, rows_in=progress.rows, bytes=progress.bytes)

    return write(
        teller.world.lake, teller.asset.key, data, plan,
        ref=branch, progress=on_progress, root=teller.world.root,
    )  # fmt: skip


def _refuse_outside(
    teller: StepTeller, reader: LakeReader, branch: str, plan: WritePlan, result: WriteResult
) -> None:
    """Look at the first partition of a new table as a write looks at those that follow.

    Raises:
        OutsidePartition: Rows came that a second run would double.
    """
    is_first = plan.mode == "overwrite" and plan.overwrite_filter is None
    if not (is_first and teller.partition is not None and result.rows_added):
        return
    condition = _filter(teller, branch)
    if condition is None:
        return
    lake, key = teller.world.lake, teller.asset.key
    inside = sum(batch.num_rows for batch in lake.read(key, branch, where=condition))
    outside = result.rows_total - inside
    if outside:
        column = (partitions_of(teller) or Partitions("")).column or ""
        others = lake.read(key, branch, where=f"NOT ({condition})", limit=1)
        # Those where the column is NULL are neither inside nor found by the opposite.
        example = next((row for b in others for row in b.to_pylist()), {column: None})
        shown = ", ".join(f"{name}={value!r}" for name, value in list(example.items())[:6])
        raise OutsidePartition(key, condition, outside, shown)


def partitions_of(teller: StepTeller) -> Partitions | None:
    """Return how the asset is divided."""
    given = teller.asset.partitions
    return None if given is None else Partitions.from_json(given)


def partition_of(partitions: Mapping[str, Any] | None, key: str | None) -> Partition | None:
    """Return a partition with its bounds."""
    if partitions is None or key is None:
        return None
    return Partitions.from_json(partitions).partition(key)
