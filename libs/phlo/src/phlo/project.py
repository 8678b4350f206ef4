"""A project as a whole: its assets, its tables, its runs. The CLI and phlo-api go through it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.orchestration.events import EventType
from phlo.orchestration.world import RunOptions, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from phlo.assets.context import Service
    from phlo.assets.table import Table
    from phlo.errors import ExitCode
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.model.project import ProjectConfig
    from phlo.open_engine import Engines
    from phlo.orchestration.client import OrchestratorClient
    from phlo.orchestration.events import Event
    from phlo.orchestration.load import Workflows
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.records import RunRecord, StoredEvent
    from phlo.orchestration.store import Store
    from phlo.orchestration.world import Code
    from phlo.runner.plan import Step
    from phlo.runner.result import RunResult


class Project:
    """A project's folder, opened.

    project = Project.open(".")
    project.materialize("marts.delays")
    project.query("select * from marts.delays")
    """

    def __init__(self, root: Path, config: ProjectConfig) -> None:
        self.root, self.config = root, config

    @classmethod
    def open(cls, path: str | Path | None = None) -> Project:
        """Open the project in a folder, or the one that the working folder is in.

        Raises:
            phlo.errors.config.NoProject: There is none.
            phlo.errors.config.ConfigError: Its phlo.yaml is not as it must be.
        """
        from phlo.config.locate import find_project
        from phlo.config.project_file import load_project

        root = find_project(None if path is None else Path(path), os.environ)
        return cls(root, load_project(root, os.environ))

    @cached_property
    def lake(self) -> Lake:
        """The project's tables."""
        from phlo.open_lake import open_lake

        return open_lake(self.root, os.environ)

    @cached_property
    def store(self) -> Store:
        """What happened in the project."""
        from phlo.orchestration.store import Store

        return Store.open(self.root)

    @property
    def python(self) -> str:
        """The interpreter that runs workflow files."""
        from phlo.orchestration.python import project_python

        return project_python(self.root, self.config.python)

    def engine(self, name: str | None = None) -> QueryEngine:
        """Return a query engine by name, or the project's own.

        That is the one that `sql: {engine: …}` names, else the preferred server that runs, else the
        one in this process.

        Raises:
            NoQueryEngine: It is not installed, or no service of the project.
        """
        return self.engines.get(name)

    @cached_property
    def engines(self) -> Engines:
        """What can run SQL in the project."""
        from phlo.open_engine import Engines

        return Engines(self.root, os.environ, self.config.sql_engine)

    def workflows(self) -> Workflows:
        """Return where the project's workflow files are."""
        from phlo.orchestration.load import Workflows

        return Workflows(
            self.root, self.config.workflows, self.config.sql_dialect, self.engine().dialect
        )

    def manifest(self, *, force: bool = False) -> Manifest:
        """Return what the workflow files declare, read anew if one of them changed."""
        from phlo.orchestration.refresh import refresh

        return refresh(
            self.workflows(), project=self.config.name, python=self.python,
            tables=self.lake.tables(), force=force,
        )  # fmt: skip

    def recover(self) -> None:
        """Put right what killed runs left."""
        from phlo.orchestration.recover import recover

        recover(self.root, self.lake)

    def select(self, selection: str = "*", manifest: Manifest | None = None) -> tuple[str, ...]:
        """Return the assets that a selection names, in the order in which they run.

        Raises:
            NoSuchAsset: A part of it matches nothing.
            BadSelection: It is not written in the language of selections.
        """
        from phlo.assets.select import Selector
        from phlo.orchestration.states import states

        known = manifest or self.manifest()
        selector = Selector(known.assets, lambda: states(known, self.store, self.lake))
        return selector.select(selection)

    def plan(
        self, selection: str = "*", *, partition: str | None = None, full_refresh: bool = False
    ) -> tuple[Step, ...]:
        """Return the steps that a selection means; nothing is run.

        Raises:
            WorkflowError: Something of it is not known, or its file is broken.
        """
        from phlo.errors.selection import NoSuchAsset
        from phlo.orchestration.faults import refuse_broken, refuse_unknown
        from phlo.runner.plan import plan

        manifest = self.manifest()
        refuse_broken(manifest, self.root, self.config.workflows, selection)
        try:
            keys = self.select(selection, manifest)
        except NoSuchAsset as error:
            refuse_unknown(error, manifest, self.root)
        refuse_broken(manifest, self.root, self.config.workflows, selection, keys)
        return plan(manifest, keys, partition=partition, full_refresh=full_refresh)

    def materialize(
        self,
        selection: str = "*",
        *,
        partition: str | None = None,
        ref: str = "main",
        full_refresh: bool = False,
        checks: bool = True,
        wait: bool = True,
        run_id: str | None = None,
        trigger: str = "manual",
        orchestrator: str | None = None,
        on_event: Callable[[StoredEvent], None] | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> RunResult:
        """Make the assets that a selection names, by the project's orchestrator.

        Args:
            selection: Which assets.
            partition: `K` or `FROM..TO`, for those that have partitions.
            ref: The branch to write to.
            full_refresh: Make tables anew instead of adding to them.
            checks: Run the checks; without them nothing is held back.
            wait: Follow it to its end; else it goes on by itself.
            run_id: The run's id; made if not given.
            trigger: Who asks: `manual`, `schedule`, `api`.
            orchestrator: `runner`, or the service that shall do it; the project's if not given.
            on_event: Told of each event as it comes.
            on_note: Told who does it, where that is not who one would think.

        Raises:
            OrchestratorRefused: The service does not take the run.
            WorkflowError: Something of it is not known, or its file is broken.
            UnknownRef: There is no such branch.
            TagIsFixed: It is a tag.
        """
        from phlo.open_orchestrator import RUNNER, open_orchestrator
        from phlo.runner.ids import fresh_id

        self.lake.catalog.require(ref, writable=True)
        self.recover()
        chosen = open_orchestrator(self.root, os.environ, orchestrator)
        if chosen.note and on_note is not None:
            on_note(chosen.note)
        options = RunOptions(
            run_id=fresh_id(self.store, run_id), ref=ref, full_refresh=full_refresh,
            checks=checks, trigger=trigger, selection=selection, partition=partition,
            orchestrator=chosen.client.name if chosen.client else RUNNER,
        )  # fmt: skip
        steps = self.plan(selection, partition=partition, full_refresh=full_refresh)
        if chosen.client is None:
            from phlo.runner.local import run_locally

            return run_locally(
                self.world(options), steps, self.python, wait=wait, on_event=on_event
            )

        from phlo.runner.remote import run_remotely

        return run_remotely(
            chosen.client, self.world(options), steps, self.manifest().hash,
            wait=wait, on_event=on_event,
        )  # fmt: skip

    def check(
        self,
        selection: str = "*",
        *,
        ref: str = "main",
        on_event: Callable[[StoredEvent], None] | None = None,
    ) -> RunResult:
        """Run the checks of the tables that a selection names; nothing else."""
        from phlo.runner.ids import new_run_id
        from phlo.runner.local import run_locally
        from phlo.runner.plan import Step

        self.recover()
        manifest = self.manifest()
        keys = self.select(selection, manifest)
        checked = [key for key in keys if (asset := manifest.asset(key)) and asset.checks]
        options = RunOptions(new_run_id(), ref=ref, checks_only=True, selection=selection)
        steps = [Step(key) for key in checked]
        return run_locally(self.world(options), steps, self.python, on_event=on_event)

    def execute(
        self,
        assets: Sequence[str],
        options: RunOptions,
        *,
        parent: int | None = None,
        part_of: Sequence[str] = (),
        listeners: Sequence[Callable[[Event], None]] = (),
    ) -> ExitCode:
        """Run steps in this process: what `phlo exec` does, whoever calls it.

        Args:
            assets: Selections of what to make.
            options: How.
            parent: End when this process, which started this one, is gone.
            part_of: All assets of the run, where these are but a part of it; it is left open.
            listeners: Told of each event as it happens.
        """
        from phlo.errors import PhloError
        from phlo.orchestration.code import WorkflowCode
        from phlo.orchestration.diagnostics import error_as_json
        from phlo.runner.part import run_part
        from phlo.runner.plan import Step, plan
        from phlo.runner.run import run

        try:
            manifest = self.manifest()
            world = self.world(options, WorkflowCode(self.workflows(), manifest))
            world.listeners += listeners
            if parent is not None:
                world.interrupts.watch_parent(parent)
            keys = [key for asset in assets for key in self.select(asset, manifest)]
            if options.checks_only:
                return run(world, manifest, tuple(Step(key) for key in keys))
            chosen = partial(
                plan, manifest, partition=options.partition, full_refresh=options.full_refresh
            )
            if part_of:
                planned = [key for asset in part_of for key in self.select(asset, manifest)]
                return run_part(world, manifest, chosen(keys), chosen(planned))
            return run(world, manifest, chosen(keys))
        except PhloError as error:
            with suppress(PhloError):  # where it cannot be recorded, the next command finds out
                if self.store.run(options.run_id) is not None:
                    world = self.world(options)
                    shown = error_as_json(error, self.root)
                    world.emit(world.event(EventType.RUN_ENDED, state="failed", error=shown))
            raise

    def finish(self, options: RunOptions) -> ExitCode:
        """Say that no further part of a run will come: it is over."""
        from phlo.runner.part import finish

        return finish(self.world(options))

    def world(self, options: RunOptions, code: Code | None = None) -> World:
        """Return what the steps of a run work with; without code it can only record."""
        from phlo.orchestration.secrets import read_secrets

        file = self.root / ".phlo" / "state" / "secrets.env"
        return World(
            root=self.root, lake=self.lake, store=self.store, code=code, engine=self.engine,
            options=options, services=self.service, sql_dialect=self.config.sql_dialect,
            secrets=read_secrets(file),
        )  # fmt: skip

    def service(self, name: str) -> Service | None:
        """Return a service of the project by its name, or None when nothing is known of it.

        Where a variable such as `POSTGRES_URL` is set, it says where the service is.
        """
        from phlo.model.options import Options
        from phlo.orchestration.services import service
        from phlo.plugins.registry import connector
        from phlo.wired import environment

        options = Options(env=os.environ.get("PHLO_ENV"))
        wired = environment(self.root, options, os.environ, with_secrets=True)
        variables = {**wired, **os.environ}
        found = service(name, variables)
        return replace(found, _connect=connector(name, variables)) if found else None

    def orchestrator(self, name: str | None = None) -> OrchestratorClient:
        """Return an orchestrator by name, or the one that the project has, whether it runs or not.

        Raises:
            UnknownOrchestrator: The project has none of that name.
        """
        from phlo.open_orchestrator import open_service
        from phlo.runner.client import RunnerClient

        return open_service(self.root, os.environ, name) or RunnerClient(
            self.root, self.store, self.lake, self.python, self.manifest()
        )

    def cancel(self, run_id: str, *, wait: float = 10.0) -> RunRecord:
        """Ask a run to end, whoever makes it, and return what it is then: mostly `cancelled`.

        Raises:
            UnknownRun: There is no such run.
            RunOver: It has ended already.
            OrchestratorRefused: The service that makes it does not answer.
        """
        from phlo.runner.cancel import cancel, cancel_remotely

        run = self.store.run(run_id)
        if run is None or run.orchestrator == "runner" or not run.is_active:
            return cancel(self.store, self.lake, self.root, run_id, wait=wait)
        client = self.orchestrator(run.orchestrator)
        return cancel_remotely(client, self.store, self.lake, self.root, run, wait=wait)

    def result(self, run_id: str) -> RunResult:
        """Return what is known of a run.

        Raises:
            UnknownRun: There is no such run.
        """
        from phlo.runner.result import read_result

        return read_result(self.store, run_id)

    def query(self, sql: str, *, ref: str = "main", engine: str | None = None) -> pa.Table:
        """Return the rows of a query, which only reads.

        Raises:
            QueryFailed: With line and column of the statement, where they are known.
            NotReadOnly: It does more than read.
        """
        with self.engine(engine).connect(self.lake, ref=ref) as session:
            return session.stream(sql).read_all()

    def table(self, name: str, *, ref: str = "main") -> Table:
        """Return a table of the lake.

        Raises:
            UnknownTable: The ref has no such table.
        """
        from phlo.assets.table import Table
        from phlo.orchestration.reading import LakeReader

        about = self.lake.describe(name, ref)
        reader = LakeReader(self.lake, self.engine(), ref, dialect=self.config.sql_dialect)
        return Table(about.name, reader)
