"""Waiting for processes to become healthy, and telling apart why one does not."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.errors.service import NotHealthy, NotRunning, ServiceCrashed, StillStarting
from phlo.model.status import ServiceState
from phlo.orchestration.secrets import redacted
from phlo.runtime import ports
from phlo.runtime.native import definitions, states
from phlo.runtime.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phlo.errors import PhloError
    from phlo.runtime.native.daemon import Daemon
    from phlo.runtime.native.definitions import Definition
    from phlo.runtime.native.place import Place
    from phlo.runtime.native.states import Recorded
    from phlo.runtime.progress import OnProgress

#: So many crashes in a row are a failure.
_CRASHES = 3
_SHOWN_LINES = 10
#: A shim says something within a second; so long is given to a machine that is busy.
_SHIM_MISSING = 5.0


@dataclass(slots=True)
class Waiting:
    """A wait for some processes, from its beginning to its end."""

    place: Place
    daemon: Daemon
    told: Mapping[str, Definition]
    names: Sequence[str]
    timeout: float
    on_progress: OnProgress
    began: float = field(default_factory=time.monotonic)
    seen: dict[str, tuple[ServiceState, str | None]] = field(default_factory=dict)
    #: When each began to start: waiting for others is not its own slowness.
    starting: dict[str, float] = field(default_factory=dict)
    #: Since when there is nobody who could say how it is.
    stopped: dict[str, float] = field(default_factory=dict)

    def wait(self) -> None:
        """Return when all are healthy.

        Raises:
            ServiceCrashed: One ended by itself, again and again.
            PortInUse: One cannot start because another program has its port.
            StillStarting: One is not ready in time, and its log moves.
            NotHealthy: One is not ready in time, and says nothing any more.
            NotRunning: One is not running, and nothing starts it.
        """
        while not self.look():
            time.sleep(0.05)

    def look(self) -> bool:
        """Look once, and return whether all are healthy; raises what `wait` does."""
        found = {name: states.read(self.place, name) for name in self.names}
        for state in found.values():
            self._tell(state)
        if all(state.present is ServiceState.HEALTHY for state in found.values()):
            return True
        self._nudge(found.values())
        # What waits for others comes last: the cause is with those.
        for state in sorted(found.values(), key=lambda one: one.present is ServiceState.WAITING):
            if error := self._fault(state, found):
                raise error
        return False

    def _nudge(self, found: Iterable[Recorded]) -> None:
        """Have supervisord look up: it takes note of an ended shim only once a second."""
        if any(one.state is ServiceState.CRASHED and not one.is_attended for one in found):
            self.daemon.client()

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return time.monotonic() - self.began

    def _tell(self, state: Recorded) -> None:
        text = state.cause["text"] if state.cause else None
        # One whose shim has not said anything yet is on its way.
        is_stopped = state.present is ServiceState.STOPPED
        now = (ServiceState.STARTING, None) if is_stopped else (state.present, text)
        if now != self.seen.get(state.name):
            self.seen[state.name] = now
            self.on_progress(Progress(state.name, now[0], self.elapsed, text))

    def _fault(self, state: Recorded, found: Mapping[str, Recorded]) -> PhloError | None:
        if state.present is ServiceState.HEALTHY:  # however often it crashed before
            return None
        # Its shim has waited for a taken port already: another try would find the same.
        is_taken = (
            state.present is ServiceState.CRASHED and (state.cause or {}).get("kind") == "port"
        )
        if state.present is ServiceState.FAILED or state.crashes >= _CRASHES or is_taken:
            return self._crashed(state, found)
        if state.present is ServiceState.STOPPED:
            return self._stopped(state)
        self.stopped.pop(state.name, None)
        if state.present is ServiceState.WAITING:
            return None if self.elapsed < self.timeout else self._late(state, self.elapsed)
        began = self.starting.setdefault(state.name, time.monotonic())
        own = time.monotonic() - began
        limit = float(self.told[state.name]["ready_timeout"])
        if own < limit and self.elapsed < self.timeout:
            return None
        return self._late(state, own)

    def _stopped(self, state: Recorded) -> PhloError | None:
        since = self.stopped.setdefault(state.name, time.monotonic())
        if time.monotonic() - since < _SHIM_MISSING:
            return None
        return NotRunning(state.name, lines=self._lines(state.name))

    def _crashed(self, state: Recorded, found: Mapping[str, Recorded]) -> PhloError:
        cause = state.cause or state.last_crash or {}
        if taken := self._taken_port(state.name, cause):
            return ports.in_use(taken, needed_by=state.name)
        ready = sum(one.present is ServiceState.HEALTHY for one in found.values())
        return ServiceCrashed(
            state.name, cause.get("text", "ended"), seconds=self.elapsed, crashes=state.crashes,
            lines=self._shown(cause.get("lines", [])[-_SHOWN_LINES:]), ready=(ready, len(found)),
            waiting=[name for name in self.names if state.name in self.told[name]["needs"]],
        )  # fmt: skip

    def _taken_port(self, name: str, cause: Mapping[str, object]) -> int | None:
        if cause.get("kind") == "port":
            return int(str(cause["port"]))
        # At its own address: the project's relay listens at the same port of another one.
        here = ("127.0.0.1",)
        taken = (port for port in self.told[name]["ports"] if not ports.is_free(port, here))
        return next(taken, None)

    def _late(self, state: Recorded, seconds: float) -> PhloError:
        doing = state.cause["text"] if state.cause else None
        silent = self._silent_for(state)
        # Slow is not failed: a log that moves, or a need that is itself still starting.
        if state.present is ServiceState.WAITING or silent < max(5.0, seconds / 3):
            return StillStarting(state.name, seconds=seconds, silent=silent, doing=doing)
        return NotHealthy(state.name, seconds=seconds, doing=doing, lines=self._lines(state.name))

    def _silent_for(self, state: Recorded) -> float:
        try:
            wrote = self.place.log(state.name).stat()
        except OSError:
            return math.inf
        return max(0.0, time.time() - wrote.st_mtime) if wrote.st_size else math.inf

    def _lines(self, name: str) -> list[str]:
        from phlo.runtime.logs import last_lines

        return self._shown(last_lines(self.place.log(name), _SHOWN_LINES))

    def _shown(self, lines: Iterable[str]) -> list[str]:
        secrets = definitions.secrets_of(self.told)
        return [redacted(line, secrets) for line in lines]
