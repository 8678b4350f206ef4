"""The built-in orchestrator as a client: everything it knows is in the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from phlo.assets.select import Selector
from phlo.orchestration.client import (
    AssetState,
    Can,
    Definitions,
    Health,
    LogLine,
    Page,
    RunRef,
    RunRequest,
    RunState,
    RunStatus,
)
from phlo.orchestration.events import EventType
from phlo.orchestration.world import RunOptions, World
from phlo.runner.cancel import cancel
from phlo.runner.ids import fresh_id
from phlo.runner.keeper import hand_over, is_kept
from phlo.runner.plan import plan
from phlo.runner.result import read_result
from phlo.runner.schedules import Book

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.orchestration.client import ScheduleState
    from phlo.orchestration.events import Event
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.records import RunRecord
    from phlo.orchestration.store import Store


@dataclass(slots=True)
class RunnerClient:
    """Launches runs as processes of this machine."""

    root: Path
    store: Store
    lake: Lake
    python: str
    manifest: Manifest
    name: str = "runner"
    can: frozenset[Can] = frozenset(
        {Can.PARTITIONS, Can.BACKFILL, Can.MULTI_ASSET_RUN, Can.CANCEL, Can.LIVE_LOGS,
         Can.NATIVE_CHECKS, Can.NATIVE_LINEAGE, Can.REPORT, Can.SCHEDULE_TOGGLE}
    )  # fmt: skip

    def files(self, manifest: Manifest, home: Path) -> Mapping[str, str]:
        """Return no files: it needs none."""
        return {}

    def health(self) -> Health:
        """Return that it works, as phlo itself does, and whether its schedules are kept."""
        state = "ok" if is_kept(self.store) else "nobody keeps the schedules: phlo services start"
        return Health({"runner": "ok", "schedules": state})

    def definitions(self) -> Definitions:
        """Return what the manifest holds."""
        errors = tuple(str(error["message"]) for error in self.manifest.errors)
        keys = frozenset(asset.key for asset in self.manifest.assets)
        return Definitions(self.manifest.hash, keys, errors)

    def reload(self, timeout: float = 60) -> Definitions:
        """Return what the manifest holds: it has nothing else to load."""
        return self.definitions()

    def launch(self, request: RunRequest) -> RunRef:
        """Start a run in a process of its own, which outlives this one."""
        if request.key is not None and self.store.run(request.key) is not None:
            return RunRef(self.name, request.key)
        options = RunOptions(
            fresh_id(self.store, request.key), partition=request.partition, checks=request.checks,
            trigger=request.tags.get("trigger", "manual"), selection=",".join(request.assets),
            ref=request.tags.get("ref", "main"),
            full_refresh=request.tags.get("full_refresh") == "true",
        )  # fmt: skip
        select = Selector(self.manifest.assets).select
        wanted = [f"{asset}+" if request.cascade else asset for asset in request.assets]
        keys = [key for one in wanted for key in select(one)]
        steps = plan(
            self.manifest, keys, partition=options.partition, full_refresh=options.full_refresh
        )
        hand_over(self._world(options), steps, self.python)
        return RunRef(self.name, options.run_id)

    def status(self, ref: RunRef) -> RunStatus:
        """Return how a run stands; a run that has not begun yet is queued."""
        record = self.store.run(ref.id)
        if record is None:
            return RunStatus(ref, RunState.UNKNOWN)
        steps = read_result(self.store, ref.id).steps
        told = {step.asset: _state(step.state) for step in steps}
        return replace(_status(self.name, record), assets=told)

    def runs(
        self, *, asset: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[RunStatus]:
        """Return runs, the newest first."""
        found = self.store.runs(limit, before=cursor, asset=asset)
        last = found[-1].id if len(found) == limit else None
        return Page(tuple(_status(self.name, record) for record in found), last)

    def cancel(self, ref: RunRef) -> None:
        """Ask a run to end."""
        cancel(self.store, self.lake, self.root, ref.id)

    def logs(self, ref: RunRef, *, cursor: str | None = None) -> Page[LogLine]:
        """Return what a run's steps printed and logged."""
        events = self.store.events(ref.id, after=int(cursor or 0))
        lines = tuple(
            LogLine(datetime.fromisoformat(e.at), e.data["level"], e.asset, e.data["message"])
            for e in events
            if e.type == EventType.LOG
        )
        return Page(lines, str(events[-1].seq) if events else cursor)

    def asset_states(self, keys: Collection[str]) -> Mapping[str, AssetState]:
        """Return the last publish and the last checks of assets."""
        made = self.store.latest_materializations()
        return {
            key: AssetState(key, made.get(key), {c.check: c for c in self.store.checks(key)})
            for key in keys
        }

    def lineage(self) -> frozenset[tuple[str, str]]:
        """Return who reads whom."""
        return frozenset((dep, asset.key) for asset in self.manifest.assets for dep in asset.deps)

    def schedules(self) -> Sequence[ScheduleState]:
        """Return the schedules that the workflow files declare, and how each stands."""
        return Book(self.store).states(self.manifest)

    def set_schedule(self, name: str, on: bool) -> None:
        """Switch a schedule on or off.

        Raises:
            UnknownSchedule: No asset of that name has a schedule.
        """
        Book(self.store).switch(self.manifest, name, on)

    def backfill(self, request: RunRequest, partitions: Sequence[str]) -> Sequence[RunRef]:
        """Start a run for each partition."""
        return [self.launch(replace(request, partition=one, key=None)) for one in partitions]

    def report(self, events: Sequence[Event]) -> None:
        """Keep the events of a run that was made outside."""
        self.store.record(*events)

    def _world(self, options: RunOptions) -> World:
        return World(self.root, self.lake, self.store, None, _no_engine, options)


def _no_engine(_: str | None) -> QueryEngine:
    raise LookupError("a run is made in a process of its own, which has the engines")


def _status(orchestrator: str, record: RunRecord) -> RunStatus:
    return RunStatus(
        RunRef(orchestrator, record.id),
        _state(record.state),
        record.error["message"] if record.error else None,
        _time(record.started_at),
        _time(record.ended_at),
        trigger=record.trigger,
    )


def _state(text: str) -> RunState:
    known = {"held_back": RunState.FAILED, "skipped": RunState.CANCELLED}
    return known.get(text) or RunState(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
