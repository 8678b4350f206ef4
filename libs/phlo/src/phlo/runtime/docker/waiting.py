"""Starting containers in their order, and waiting until they are ready."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.errors import ErrorGroup
from phlo.errors.docker import DependencyFailed
from phlo.errors.service import NotRunning, StillStarting
from phlo.model.status import ServiceState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.errors import PhloError
    from phlo.runtime.docker.diagnose import Diagnosis
    from phlo.runtime.docker.watch import Seen, Watch

_PAUSE = 0.2
#: So long a container that is not running is given: another command may be about to start it.
_MISSING = 5.0


@dataclass(slots=True)
class Waiting:
    """Brings some services up, or waits for them; one look at a time, so that others can go on."""

    watch: Watch
    diagnosis: Diagnosis
    names: Sequence[str]
    timeout: float
    #: Those that are still to be started, with what they need.
    pending: list[str] = field(default_factory=list)
    #: Since when there is none.
    missing: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Start all that is pending, each when what it needs is ready.

        Raises:
            ServiceError: One does not come up, or what it needs does not.
        """
        while self.pending:
            seen = self._start_some()
            if self.pending:
                self._check(seen, [n for n in self.names if n not in self.pending])
                time.sleep(_PAUSE)

    def _start_some(self) -> dict[str, Seen]:
        seen = self.watch.look(self.pending)
        for name in list(self.pending):
            one = seen[name]
            missing = [n for n in one.service.needs if not self.watch.meets(n, seen)]
            if missing:
                cause = f"waits for {', '.join(need.service for need in missing)}"
                self.watch.tell(name, ServiceState.WAITING, cause)
                continue
            self.pending.remove(name)
            assert one.container is not None
            self.watch.before[one.container.id] = one.container.restarts
            done = self.watch.engine.start([one.container])
            self.watch.tell(name, ServiceState.STARTING)
            if done.code:
                raise self._with_dependents(self.diagnosis.not_started(one, done.err), name)
        return seen

    def look(self) -> bool:
        """Look once, and return whether all are ready.

        Raises:
            ServiceError: One will not be, or is not in time.
        """
        seen = self.watch.look()
        if all(seen[name].is_ready for name in self.names):
            return True
        self._check(seen, self.names)
        return False

    def wait(self) -> None:
        """Return when all are ready.

        Raises:
            ServiceError: One will not be, or is not in time.
        """
        while not self.look():
            time.sleep(_PAUSE)

    def _check(self, seen: Mapping[str, Seen], names: Sequence[str]) -> None:
        for name in names:
            if error := self.diagnosis.failed(seen[name], seen):
                raise self._with_dependents(error, name)
        for name in names:
            if error := self._late(seen[name]):
                raise self._with_dependents(error, name)

    def _late(self, one: Seen) -> PhloError | None:
        if one.is_ready:
            return None
        if one.state is ServiceState.STOPPED or one.container is None:
            since = self.missing.setdefault(one.service.name, time.monotonic())
            late = time.monotonic() - since >= _MISSING
            return NotRunning(one.service.name) if late else None
        self.missing.pop(one.service.name, None)
        own = self.watch.seconds(one.container)
        if own < one.service.ready_timeout and self.watch.elapsed < self.timeout:
            return None
        return self.diagnosis.late(one, max(own, min(self.watch.elapsed, self.timeout)))

    def _with_dependents(self, error: PhloError, name: str) -> PhloError:
        """Return the error, with a second one for those that were not started because of it."""
        if isinstance(error, StillStarting):  # they have not failed either
            return error
        left, causes = [], {name}
        for one in self.watch.services.values():
            if one.name in self.pending and causes & {need.service for need in one.needs}:
                causes.add(one.name)
                left.append(one.name)
        return ErrorGroup([error, DependencyFailed(left, name)]) if left else error
