"""Where runs are shown by the orchestrator that makes them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from phlo.orchestration.client import RunRef
from phlo_api.sources import Source

if TYPE_CHECKING:
    from phlo.orchestration.client import OrchestratorClient
    from phlo.orchestration.records import RunRecord
    from phlo.project import Project

#: So many addresses are kept; so long an answer waits for one, in seconds.
_KEPT, _PATIENCE = 500, 0.4


class Pages:
    """Asks orchestrators for the pages of runs, each when it is shown, never for long.

    An address that is not there in time is there when the run is asked for again.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._clients: dict[str, OrchestratorClient] = {}
        self._known: OrderedDict[str, str] = OrderedDict()
        self._asked: OrderedDict[str, Source[str | None]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run: RunRecord) -> str | None:
        """Return the page of a run, if it has one and it is known by now."""
        if run.orchestrator == "runner":
            return None
        with self._lock:
            if run.id in self._known:
                return self._known[run.id]
            source = self._asked.setdefault(
                run.id, Source(lambda: self._ask(run), None, timeout=_PATIENCE)
            )
        found = source.get().value
        with self._lock:
            if found is not None:
                self._known[run.id] = found
                self._asked.pop(run.id, None)
            for kept in (self._known, self._asked):
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
        return found

    def _ask(self, run: RunRecord) -> str | None:
        with self._lock:
            client = self._clients.get(run.orchestrator)
        if client is None:
            client = self._project.orchestrator(run.orchestrator)
            with self._lock:
                self._clients[run.orchestrator] = client
        return client.status(RunRef(run.orchestrator, run.id)).ref.url
