"""Watching containers: how each is now, whether it is ready, since when it is on its way."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.model.status import ServiceState
from phlo.runtime.docker.probe import answers
from phlo.runtime.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from phlo.model.container import ContainerService, Need
    from phlo.runtime.docker.container import Container
    from phlo.runtime.docker.engine import Engine
    from phlo.runtime.progress import OnProgress

#: Without any check, what runs so long counts as ready; after a crash, so much longer.
_SETTLED, _SETTLED_AFTER_CRASH = 1.0, 4.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A service as it is now."""

    service: ContainerService
    state: ServiceState
    container: Container | None = None
    cause: str | None = None
    """Why it is not ready, in one line."""

    @property
    def is_ready(self) -> bool:
        """Whether nothing more is waited for."""
        return self.state is ServiceState.HEALTHY


@dataclass(slots=True)
class Watch:
    """The containers of some services over time."""

    engine: Engine
    services: Mapping[str, ContainerService]
    on_progress: OnProgress
    began: float = field(default_factory=time.monotonic)
    told: dict[str, tuple[ServiceState, str | None]] = field(default_factory=dict)
    #: Which start of a container was seen, and when: the engine's clock may be another machine's.
    starts: dict[str, tuple[object, float]] = field(default_factory=dict)
    #: The restarts a container had before it was started now.
    before: dict[str, int] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Seconds since the watch began."""
        return time.monotonic() - self.began

    def look(self, silent: Collection[str] = ()) -> dict[str, Seen]:
        """Return how every service is, and tell what changed, but of some."""
        found = self.engine.containers()
        seen = {n: self._seen(one, found.get(n)) for n, one in self.services.items()}
        for name, one in seen.items():
            if name not in silent and one.state is not ServiceState.STOPPED:
                self.tell(name, one.state, one.cause)
        return seen

    def tell(self, name: str, state: ServiceState, cause: str | None = None) -> None:
        """Tell a change of a service once."""
        if self.told.get(name) != (state, cause):
            self.told[name] = (state, cause)
            self.on_progress(Progress(name, state, self.elapsed, cause))

    def meets(self, need: Need, seen: Mapping[str, Seen]) -> bool:
        """Tell whether what a service needs is as it must be."""
        one = seen.get(need.service)
        if one is None or one.container is None:
            return False
        if need.condition == "started":
            return one.container.is_running or one.is_ready
        return one.is_ready

    def crashes(self, container: Container) -> int:
        """Return how often a container ended by itself since it was started."""
        return container.restarts - self.before.get(container.id, 0)

    def seconds(self, container: Container) -> float:
        """Return for how long this start of a container has been seen."""
        kept = self.starts.get(container.id)
        if kept is None or kept[0] != container.started_at:
            kept = self.starts[container.id] = (container.started_at, time.monotonic())
        return time.monotonic() - kept[1]

    def _seen(self, service: ContainerService, container: Container | None) -> Seen:
        if container is None:
            return Seen(service, ServiceState.STOPPED, cause="it is not there")
        is_answering, why = True, ""
        if container.is_running:
            is_answering, why = self._is_answering(service, container)
        state = container.state(is_job=service.is_job, is_answering=is_answering)
        return Seen(service, state, container, _cause(state, container, why))

    def _is_answering(self, service: ContainerService, container: Container) -> tuple[bool, str]:
        age = self.seconds(container)
        passes, why = answers(service.health, container)
        if container.health is not None or why or not passes or service.is_job:
            return passes, why
        wanted = _SETTLED_AFTER_CRASH if self.crashes(container) > 0 else _SETTLED
        return age >= wanted, ""


def _cause(state: ServiceState, container: Container, why: str) -> str | None:
    if state is ServiceState.CRASHED:
        return f"{ended(container)}; it is started again"
    if state is ServiceState.FAILED:
        return container.error.strip() or ended(container)
    if state is ServiceState.UNHEALTHY:
        return f"its check fails: {one_line(container.check_output)}"
    return why or None


def ended(container: Container) -> str:
    """Return how a container ended, in a few words."""
    if container.is_out_of_memory:
        return "was killed because it ran out of memory (exit 137, OOMKilled)"
    if container.started_at and container.ended_at:
        lived = (container.ended_at - container.started_at).total_seconds()
        if 0 <= lived < 2:
            return f"exited at once with code {container.code}"
    return f"exited with code {container.code}"


def one_line(text: str) -> str:
    """Return the last line of a text, not too long."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it prints nothing"
