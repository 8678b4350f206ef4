"""What a step works with: the lake, the engine, the store, and the run it belongs to."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from phlo.orchestration.events import Event, EventType
from phlo.orchestration.interrupts import Interrupts
from phlo.orchestration.secrets import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from phlo.assets.context import Service
    from phlo.assets.partitions import Partition
    from phlo.assets.spec import AssetSpec
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.orchestration.load import LoadedAsset
    from phlo.orchestration.store import Store

#: Progress is kept and shown at most so often, in seconds.
_PROGRESS_EVERY = 0.25
#: A step keeps so many lines of its log.
_MOST_LINES = 5_000


class Code(Protocol):
    """Where the functions of assets and checks come from."""

    def asset(self, spec: AssetSpec) -> LoadedAsset:
        """Return an asset with its function."""
        ...

    def check(self, table: str, name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return a check's function and its arguments."""
        ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run was asked for, beside its assets."""

    run_id: str
    ref: str = "main"
    full_refresh: bool = False
    checks: bool = True
    checks_only: bool = False
    """Ask the checks of what is published; make nothing."""
    trigger: str = "manual"
    orchestrator: str = "runner"
    selection: str = ""
    partition: str | None = None


@dataclass(slots=True)
class World:
    """Everything around the steps of one run."""

    root: Path
    lake: Lake
    store: Store
    code: Code | None
    engine: Callable[[str | None], QueryEngine]
    """Returns an engine by name; None is the project's own."""
    options: RunOptions
    interrupts: Interrupts = field(default_factory=Interrupts)
    services: Callable[[str], Service | None] = lambda _: None
    sql_dialect: str = "duckdb"
    """What functions write their SQL in (`sql: {dialect: …}`)."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The project's own; functions get the environment's variables beside them."""
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    leftovers: set[str] = field(default_factory=set)
    """The metadata of tables whose branch was dropped before they were published."""

    def emit(self, *events: Event) -> None:
        """Keep events that belong together, and tell those who listen."""
        with self.interrupts.shielded():
            self.store.record(*events)
            for event in events:
                for listener in self.listeners:
                    listener(event)

    def event(
        self,
        kind: EventType,
        asset: str | None = None,
        partition: str | None = None,
        **data: Any,
    ) -> Event:
        """Return an event of this run."""
        return Event(kind, self.options.run_id, asset, partition, data)


@dataclass(slots=True)
class StepTeller:
    """Tells what happens in one step."""

    world: World
    asset: AssetSpec
    partition: Partition | None
    _told_at: float = 0.0
    _lines: int = 0

    @property
    def key(self) -> str | None:
        """The partition's key, if there is a partition."""
        return self.partition.key if self.partition else None

    def event(self, kind: EventType, **data: Any) -> Event:
        """Return an event of this step."""
        return self.world.event(kind, self.asset.key, self.key, **data)

    def tell(self, kind: EventType, **data: Any) -> None:
        """Keep an event of this step."""
        self.world.emit(self.event(kind, **data))

    def progress(self, *, now: bool = False, **data: Any) -> None:
        """Keep how far it is, unless that was told just before."""
        self.world.interrupts.check()
        at = time.monotonic()
        if now or at - self._told_at >= _PROGRESS_EVERY:
            self._told_at = at
            self.tell(EventType.STEP_PROGRESS, **data)

    def log(self, text: str, level: str = "info") -> None:
        """Keep a line of the log; of very many lines the first ones."""
        self._lines += 1
        if self._lines <= _MOST_LINES:
            said = redacted(text[:8_000], self.world.secrets)
            self.tell(EventType.LOG, level=level, message=said)
        elif self._lines == _MOST_LINES + 1:
            self.tell(EventType.LOG, level="warning", message="more lines are not kept")
