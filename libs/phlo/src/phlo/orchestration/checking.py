"""The checks of a step, asked of its branch, and those asked apart from any run."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.lakehouse.checks.run import run_checks
from phlo.orchestration.call import as_rows, call
from phlo.orchestration.events import EventType
from phlo.orchestration.reading import LakeReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.assets.spec import AssetSpec
    from phlo.model.checks import CheckOutcome, CheckSpec
    from phlo.orchestration.world import World


def check(world: World, asset: AssetSpec, ref: str) -> tuple[CheckOutcome, ...]:
    """Run an asset's checks on a ref and keep each outcome as it comes.

    Outcomes name the ref of the run and not its branch, which is gone when they are read.
    """
    engine = world.engine(asset.engine)
    with LakeReader(
        world.lake, engine, ref, interrupts=world.interrupts, dialect=world.sql_dialect
    ) as reader:

        def on_outcome(outcome: CheckOutcome) -> None:
            told = replace(outcome, ref=world.options.ref)
            world.emit(world.event(EventType.CHECK_EXECUTED, asset.key, outcome=told.as_json()))

        python: dict[str, Callable[[], Any]] = {
            spec.name: partial(_call, world, asset.key, spec, reader)
            for spec in asset.checks
            if spec.kind == "python"
        }
        return run_checks(
            world.lake, engine, asset.key, asset.checks,
            ref=ref, python=python, on_outcome=on_outcome,
        )  # fmt: skip


def _call(world: World, table: str, spec: CheckSpec, reader: LakeReader) -> Any:
    """Call a check's function; what it yields is what it returns, one after the other."""
    assert world.code is not None, "a run that checks has the checks' code"
    function, arguments = world.code.check(table, spec.name)
    inputs = spec.arguments.get("inputs", {})
    result = call(function, arguments, world=world, reader=reader, inputs=inputs)
    if not inspect.isgenerator(result):
        return result
    items = [as_rows(item, {}, reader) for item in result]
    if items and all(isinstance(item, bool) for item in items):
        return all(items)
    if items and all(hasattr(item, "passed") for item in items):
        return next((item for item in items if not item.passed), items[0])
    return items
