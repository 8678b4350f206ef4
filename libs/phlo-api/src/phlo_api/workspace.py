"""The project as the API reads it: every part behind a source, so that none can blank a page."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeVar

from phlo.orchestration.manifest import FILE, Manifest
from phlo_api.pages import Pages
from phlo_api.sources import Reading, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.tables import ColumnStatistics, RefInfo, SnapshotInfo, TableDescription
    from phlo.model.status import ProjectStatus
    from phlo.orchestration.store import Store
    from phlo.project import Project
    from phlo_api.settings import Settings

T = TypeVar("T")

#: Metadata files never change, so what was read from one is kept; so many at most.
_KEPT = 20_000


class Workspace:
    """One project, opened for many requests at once."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project, self.settings = project, settings
        self.root: Path = project.root
        self.lake: Lake = project.lake
        self.services: Source[ProjectStatus | None] = Source(
            self._status, None, grace=10.0, timeout=3.0
        )
        self.pages = Pages(project)
        self._lock = threading.RLock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._manifest: tuple[int, Manifest] | None = None
        self._refreshing: threading.Thread | None = None
        self._watched = 0.0

    @property
    def store(self) -> Store:
        """What happened in the project; opened once, and anew after an opening that failed."""
        with self._lock:
            return self.project.store

    def manifest(self) -> Manifest:
        """Return what the workflow files declare, as last read; what changed is read meanwhile."""
        self._look_for_changes()
        file = self.root / FILE
        try:
            stamp = file.stat().st_mtime_ns
        except OSError:
            return Manifest(())
        with self._lock:
            if self._manifest is None or self._manifest[0] != stamp:
                found = Manifest.read(self.root)
                if found is not None:
                    self._manifest = (stamp, found)
            return self._manifest[1] if self._manifest else Manifest(())

    def locations(self, ref: str) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is."""
        return self.lake.locations(ref)

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch."""
        return self.lake.refs()

    def describe(self, table: str, ref: str, location: str) -> TableDescription:
        """Return a table's columns and size; read once for each state of the table."""
        return self._once(("about", ref, location), lambda: self.lake.describe(table, ref))

    def snapshots(self, table: str, ref: str, location: str) -> tuple[SnapshotInfo, ...]:
        """Return the states a table has had."""
        return self._once(("snapshots", location), lambda: self.lake.snapshots(table, ref))

    def statistics(self, table: str, ref: str, location: str) -> tuple[ColumnStatistics, ...]:
        """Return what the files know of each column."""
        return self._once(("statistics", location), lambda: self.lake.statistics(table, ref))

    def service_status(self) -> Reading[ProjectStatus | None]:
        """Return how the services are, as last told by their runtime."""
        return self.services.get()

    def recover(self) -> None:
        """End runs whose process was killed; nothing is done when none seems active."""
        from phlo.orchestration.process import is_alive

        if any(not is_alive(run.pid, run.process) for run in self.store.runs(50, state="active")):
            self.project.recover()

    def warm_up(self) -> None:
        """Load what the first reading of a table needs, which else costs that reader seconds."""
        with contextlib.suppress(Exception):  # who needs it is told what is wrong with it
            import phlo.lakehouse.manifests  # noqa: F401

            self.manifest()
            with self.project.engine().connect(self.lake) as session:
                session.stream("select 1").read_all()

    def _status(self) -> ProjectStatus:
        from phlo.pipeline import status

        return status(self.root)

    def _once(self, key: Hashable, read: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: T = self._kept[key]
                return kept
        value = read()
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return value

    def _look_for_changes(self) -> None:
        """Read the workflow files again in the background, at most every two seconds."""
        with self._lock:
            is_busy = self._refreshing is not None and self._refreshing.is_alive()
            if is_busy or time.monotonic() - self._watched < 2.0:
                return
            self._watched = time.monotonic()
            self._refreshing = threading.Thread(target=self._refresh, daemon=True)
            self._refreshing.start()

    def _refresh(self) -> None:
        # What is wrong is in the manifest's own errors, or shows when a run is asked for.
        with contextlib.suppress(Exception):
            self.project.manifest()
