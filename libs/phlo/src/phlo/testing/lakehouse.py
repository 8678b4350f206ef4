"""A lakehouse for a test: real tables in a folder of the test, assets made in this process."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.assets import registry
from phlo.assets.assemble import Assembler
from phlo.errors import Where, raise_all
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo.orchestration.diagnostics import error_from_json, with_source
from phlo.orchestration.load import LoadedAsset, LoadedFile, Workflows, loaded
from phlo.orchestration.manifest import Manifest
from phlo.orchestration.secrets import read_secrets
from phlo.orchestration.store import Store
from phlo.orchestration.world import RunOptions, World
from phlo.runner.ids import new_run_id
from phlo.runner.plan import plan
from phlo.runner.run import run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from phlo.assets.spec import AssetSpec
    from phlo.lakehouse.query import QueryEngine
    from phlo.model.checks import CheckOutcome
    from phlo.orchestration.records import StepRecord


@dataclass(frozen=True, slots=True)
class Made:
    """What came of materializing in a test."""

    lakehouse: Lakehouse
    steps: tuple[StepRecord, ...]
    checks: tuple[CheckOutcome, ...]

    @property
    def state(self) -> str:
        """What became of the last asset: `succeeded`, `held_back`, `skipped`."""
        return self.steps[-1].state

    def arrow(self) -> pa.Table:
        """Return the table of the last asset."""
        return self.lakehouse.arrow(self.steps[-1].asset)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the last asset's table."""
        rows: list[dict[str, Any]] = self.arrow().to_pylist()
        return rows


class Lakehouse:
    """Tables in a folder, and the means to make and to read them.

    Args:
        folder: Where.
        engine: What runs SQL; DuckDB if none is given.
        dialect: What functions write their SQL in, as phlo.yaml's `sql: {dialect: …}` says.
    """

    def __init__(
        self, folder: Path, engine: QueryEngine | None = None, dialect: str = "duckdb"
    ) -> None:
        self.root, self._dialect = folder, dialect
        self.lake = Lake(folder / ".phlo" / "lake")
        self._engine = engine

    def materialize(
        self,
        *functions: Callable[..., Any],
        partition: str | None = None,
        full_refresh: bool = False,
        checks: bool = True,
    ) -> Made:
        """Make the assets of decorated functions, and run the checks of `@phlo.quality` ones.

        Raises:
            PhloError: A function failed; a table that is held back is no error.
        """
        manifest, code = self._assembled(functions)
        options = RunOptions(
            new_run_id(), full_refresh=full_refresh, checks=checks, partition=partition
        )
        keys = [asset.key for asset in manifest.assets]
        steps = plan(manifest, keys, partition=partition, full_refresh=full_refresh)
        with Store.open(self.root) as store:
            world = World(
                root=self.root, lake=self.lake, store=store, code=code,
                engine=lambda _: self.engine, options=options, sql_dialect=self._dialect,
                secrets=read_secrets(self.root / ".phlo" / "state" / "secrets.env"),
            )  # fmt: skip
            run(world, manifest, steps)
            found = [record for record in store.checks() if record.run_id == options.run_id]
            records = store.steps(options.run_id)
        for step in records:
            if step.state == "failed" and step.error is not None:
                raise error_from_json(step.error, self.root)
        return Made(self, records, tuple(record.outcome for record in found))

    def write(self, table: str, rows: Any) -> None:
        """Fill a table with rows, as an input of what is tested."""
        write(self.lake, table, rows, WritePlan(mode="overwrite"), root=self.root)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.engine.connect(self.lake) as session:
            table = session.stream(sql).read_all()
        return [tuple(row.values()) for row in table.to_pylist()]

    def arrow(self, table: str) -> pa.Table:
        """Return a table's rows."""
        return self.lake.read(table).read_all()

    @property
    def engine(self) -> QueryEngine:
        """What runs the SQL."""
        if self._engine is None:
            from phlo.plugins.registry import query_engine

            self._engine = query_engine(None)
        return self._engine

    def _assembled(self, functions: tuple[Callable[..., Any], ...]) -> tuple[Manifest, _Code]:
        declared = registry.Declared()
        for function in functions:
            declaration = getattr(function, registry.MARK, None)
            if declaration is None:
                raise TypeError(f"{function!r} is neither an asset nor a check of phlo")
            declared.keep(declaration)
        workflows = Workflows(self.root, engine_dialect=self.engine.dialect)
        file = loaded(workflows, "workflows/test.py", declared)
        raise_all(file.errors)
        place = lambda name, line: with_source(Where(name, line), self.root)  # noqa: E731
        assembler = Assembler(self.lake.tables(), place)
        assets = assembler.assemble([a.spec for a in file.assets], file.checks())
        raise_all(assembler.errors)
        return Manifest(assets), _Code(file)


class _Code:
    """The functions that a test gave."""

    def __init__(self, file: LoadedFile) -> None:
        self._file = file

    def asset(self, spec: AssetSpec) -> LoadedAsset:
        return next(asset for asset in self._file.assets if asset.spec.key == spec.key)

    def check(self, table: str, name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        for quality in self._file.qualities:
            if (quality.table, quality.specs[0].name) == (table, name) and quality.function:
                return quality.function, quality.arguments
        raise LookupError(f"{table} has no check {name}")


def materialize(function: Callable[..., Any], **options: Any) -> Made:
    """Make one asset in a lakehouse of its own, in a folder for temporary files.

    Raises:
        PhloError: The function failed; a table that is held back is no error.
    """
    folder = Path(tempfile.mkdtemp(prefix="phlo-test-"))
    lakehouse = Lakehouse(folder)
    weakref.finalize(lakehouse, shutil.rmtree, folder, ignore_errors=True)
    return lakehouse.materialize(function, **options)
