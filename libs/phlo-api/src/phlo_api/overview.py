"""Everything known of every dataset at one moment: what most pages are made of."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from phlo.orchestration.manifest import Manifest
from phlo_api import times
from phlo_api.models.base import SourceState
from phlo_api.sources import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from phlo.lakehouse.tables import TableDescription
    from phlo.orchestration.records import (
        CheckRecord,
        MaterializationRecord,
        RunRecord,
        StepRecord,
    )
    from phlo_api.workspace import Workspace

T = TypeVar("T")


@dataclass(slots=True)
class Overview:
    """The parts as they were read together; a part that failed is as it was before."""

    ref: str
    manifest: Manifest = field(default_factory=lambda: Manifest(()))
    locations: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, TableDescription] = field(default_factory=dict)
    steps: Mapping[str, StepRecord] = field(default_factory=dict)
    checks: Mapping[tuple[str, str], CheckRecord] = field(default_factory=dict)
    made: Mapping[str, MaterializationRecord] = field(default_factory=dict)
    active: tuple[RunRecord, ...] = ()
    running: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()
    observed_at: datetime = field(default_factory=times.now)
    problems: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All datasets: those that assets make, those that are there, those that are read."""
        keys = {asset.key for asset in self.manifest.assets}
        external = {name for asset in self.manifest.assets for name in asset.external}
        return tuple(sorted(keys | set(self.locations) | external))

    @property
    def state(self) -> SourceState:
        """Whether every part answered."""
        return SourceState.DOWN if self.problems else SourceState.OK

    def observed(self) -> dict[str, Any]:
        """Return what every observed answer tells of its source."""
        return {
            "observed_at": self.observed_at,
            "source_state": self.state,
            "source_problem": "; ".join(self.problems) or None,
        }


class Overviews:
    """Makes overviews, and keeps the last one of each ref while nothing changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._last: dict[str, tuple[Any, float, Overview]] = {}

    def get(self, ref: str = "main") -> Overview:
        """Return what is known now.

        Raises:
            UnknownRef: There is no such ref.
        """
        self._require(ref)
        kept = self._last.get(ref)
        stamp = self._stamp(ref)
        # A run may begin or go on between two events, and time makes tables late.
        if kept and stamp is not None and kept[0] == stamp and time.monotonic() - kept[1] < 5:
            return kept[2]
        made = _Reader(self._workspace, ref, kept[2] if kept else Overview(ref)).read()
        self._last[ref] = (stamp, time.monotonic(), made)
        while len(self._last) > 20:
            self._last.pop(next(iter(self._last)))
        return made

    def _require(self, ref: str) -> None:
        if ref != "main":
            self._workspace.locations(ref)

    def _stamp(self, ref: str) -> Any:
        """Return what changes when anything does; None when it cannot be told."""
        try:
            return (
                self._workspace.store.last_event(),
                self._workspace.manifest().hash,
                hash(tuple(self._workspace.locations(ref).values())),
            )
        except Exception:
            return None


class _Reader:
    def __init__(self, workspace: Workspace, ref: str, before: Overview) -> None:
        self._workspace, self._ref, self._before = workspace, ref, before
        self._problems: dict[str, None] = {}

    def read(self) -> Overview:
        space, ref, before = self._workspace, self._ref, self._before
        manifest = self._try(space.manifest, before.manifest)
        locations = self._try(lambda: space.locations(ref), before.locations)
        about = {
            table: found
            for table, location in locations.items()
            if (found := self._about(table, location)) is not None
        }
        self._try(space.recover, None)
        none: tuple[RunRecord, ...] = ()
        active = self._try(lambda: space.store.runs(20, state="active"), none)
        overview = Overview(
            ref,
            manifest,
            locations,
            about,
            self._try(lambda: space.store.latest_steps(), before.steps),
            self._try(self._checks, before.checks),
            self._try(lambda: space.store.latest_materializations(ref), before.made),
            active,
            self._try(lambda: self._running(active), frozenset()),
            self._try(lambda: self._stale(manifest), before.stale),
        )
        overview.problems = tuple(self._problems)
        if self._problems:
            overview.observed_at = before.observed_at
        return overview

    def _try(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception as error:
            self._problems[reason(error)] = None
            return otherwise

    def _about(self, table: str, location: str) -> TableDescription | None:
        before = self._before.about.get(table)
        return self._try(lambda: self._workspace.describe(table, self._ref, location), before)

    def _checks(self) -> dict[tuple[str, str], CheckRecord]:
        return {(record.table, record.check): record for record in self._workspace.store.checks()}

    def _running(self, active: tuple[RunRecord, ...]) -> frozenset[str]:
        store = self._workspace.store
        return frozenset(
            step.asset for run in active for step in store.steps(run.id) if step.state == "running"
        )

    def _stale(self, manifest: Manifest) -> frozenset[str]:
        from phlo.orchestration.states import states

        if self._ref != "main":
            return frozenset()
        return frozenset(states(manifest, self._workspace.store, self._workspace.lake).stale)
