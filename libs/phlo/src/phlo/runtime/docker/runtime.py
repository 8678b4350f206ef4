"""The Docker runtime: a project's services in containers, by the verbs of the native one."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from phlo.errors.docker import EngineFailed
from phlo.errors.service import NoSuchService, NotRunning
from phlo.model.status import ServiceState
from phlo.orchestration.secrets import read_secrets
from phlo.runtime.atomic import write_atomically
from phlo.runtime.docker import logs
from phlo.runtime.docker.compose_cli import VALUES, Compose
from phlo.runtime.docker.diagnose import Diagnosis
from phlo.runtime.docker.engine import Engine
from phlo.runtime.docker.usage import memory
from phlo.runtime.docker.waiting import Waiting
from phlo.runtime.docker.watch import Watch, one_line
from phlo.runtime.native.status import ProgramStatus
from phlo.runtime.progress import Progress, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from phlo.model.container import ContainerService
    from phlo.runtime.docker.container import Container
    from phlo.runtime.logs import LogLine
    from phlo.runtime.progress import OnProgress


class DockerRuntime:
    """The containers of one project. Who calls a verb that changes them holds the project's lock.

    Args:
        root: The project's folder, where `.phlo/compose.yaml` is.
        name: Its Compose name.
        host: The engine's address; None: the one that `docker` itself would take.
    """

    def __init__(self, root: Path, name: str, host: str | None = None) -> None:
        self.root = root.resolve()
        self.engine = Engine(name, host)
        self.compose = Compose(self.engine, self.root)

    def create(
        self,
        services: Sequence[ContainerService],
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
    ) -> None:
        """Make containers with network, volumes and images; start none.

        Args:
            services: All services of the project that run in containers.
            names: Those to be made, with what they need; None for all, and then containers of
                services that are not among them any more are removed.
            on_progress: Told what is being done for each.

        Raises:
            ImageMissing: An image is not there.
            BuildFailed: It cannot be built.
            EngineFailed: The engine refuses something else.
            EngineGone: No engine answers.
        """
        began = time.monotonic()

        def say(name: str, text: str) -> None:
            elapsed = time.monotonic() - began
            on_progress(Progress(name, ServiceState.STARTING, elapsed, message=text))

        if names is None:
            self.keep_only(services)
        if services:
            self.compose.create(_with_needs(services, names), say)

    def keep_only(self, services: Iterable[ContainerService]) -> None:
        """Remove the containers of all other services; their volumes stay.

        Raises:
            EngineGone: No engine answers.
        """
        wanted = {one.name for one in services}
        gone = [c.id for name, c in self.engine.containers().items() if name not in wanted]
        if gone:
            self.engine.ask("rm", "--force", *gone)

    def start(
        self,
        services: Sequence[ContainerService],
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
    ) -> None:
        """Start containers that were made, each as soon as what it needs is ready.

        Returns when all are started; `wait` waits until they are ready.

        Raises:
            ServiceError: One does not come up, or what it needs does not.
            EngineGone: No engine answers.
        """
        chosen = _with_needs(services, names)
        waiting = self.waiting(services, [one.name for one in chosen], math.inf, on_progress)
        there = self.engine.containers()
        for one in chosen:
            container = there.get(one.name)
            if container is None:
                raise EngineFailed("compose create", f"it made no container for '{one.name}'")
            is_done = container.state(is_job=one.is_job) is ServiceState.HEALTHY
            if not (container.is_running or container.is_restarting or (one.is_job and is_done)):
                waiting.pending.append(one.name)
        waiting.start()

    def waiting(
        self,
        services: Sequence[ContainerService],
        names: Iterable[str] | None = None,
        timeout: float = 300,
        on_progress: OnProgress = ignore,
    ) -> Waiting:
        """Return a wait for services, which looks when it is told to."""
        by_name = {one.name: one for one in services}
        chosen = list(by_name) if names is None else list(names)
        watch = Watch(self.engine, by_name, on_progress)
        return Waiting(watch, Diagnosis(self.engine, watch, self.secrets()), chosen, timeout)

    def stop(
        self, names: Iterable[str] | None = None, on_progress: OnProgress = ignore
    ) -> tuple[str, ...]:
        """Stop containers, those that need others first, and return which ran.

        Their data, logs and settings stay; `start` goes on with them.

        Raises:
            NoSuchService: There is no such container.
            EngineFailed: The engine refuses.
            EngineGone: No engine answers.
        """
        began = time.monotonic()
        there = self.chosen(names)
        running = [n for n, one in there.items() if one.is_running or one.is_restarting]
        if not running:
            return ()
        if self.compose.is_there and set(running) <= self.compose.services():
            self.compose.stop(running, lambda _name, _text: None)
        else:
            self.engine.ask("stop", *(there[name].id for name in running), timeout=120)
        for name in running:
            on_progress(Progress(name, ServiceState.STOPPED, time.monotonic() - began))
        return tuple(running)

    def status(self, *, with_memory: bool = False) -> dict[str, ProgramStatus]:
        """Return how every container of the project is; changes nothing.

        Args:
            with_memory: Also how much memory each uses.

        Raises:
            EngineGone: No engine answers.
        """
        there = self.engine.containers()
        ids = [one.id for one in there.values() if one.is_running and with_memory]
        used = memory(self.engine.environ.get("DOCKER_HOST"), ids)
        return {name: _status(one, used.get(one.id)) for name, one in there.items()}

    def chosen(self, names: Iterable[str] | None) -> dict[str, Container]:
        """Return the containers of services, all if none is named.

        Raises:
            NoSuchService: There is no such container.
        """
        there = self.engine.containers()
        if names is None:
            return there
        for name in (names := list(names)):
            if name not in there:
                raise NoSuchService(name, there)
        return {name: there[name] for name in names}

    def logs(self, names: Iterable[str] | None = None, count: int = 100) -> list[LogLine]:
        """Return the last lines that containers printed, without secrets.

        Raises:
            NoSuchService: There is no such container.
        """
        return logs.tail(self.engine, self.chosen(names), count, self.secrets())

    def follow(
        self, names: Iterable[str] | None = None, is_over: Callable[[], bool] = lambda: False
    ) -> Iterator[LogLine]:
        """Yield the lines that containers print from now on, without secrets.

        Raises:
            NoSuchService: There is no such container.
        """
        return logs.follow(self.engine, self.chosen(names), self.secrets(), is_over)

    def reset(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Remove containers and the volumes of their services; return what was removed.

        With all of them go the project's network, and the images that were built for it.

        Raises:
            EngineFailed: The engine refuses.
            EngineGone: No engine answers.
        """
        wanted = None if names is None else set(names)
        there = self.engine.containers()
        ids = [one.id for name, one in there.items() if wanted is None or name in wanted]
        if ids:
            self.engine.ask("rm", "--force", "--volumes", *ids)
        volumes = [
            one["Name"] for one in self.engine.volumes()
            if wanted is None or (one.get("Labels") or {}).get("phlo.service") in wanted
        ]  # fmt: skip
        self.engine.remove_volumes(volumes)
        removed = [f"volume {one}" for one in volumes]
        if wanted is None:
            self.engine.remove_networks()
            removed += [f"image {one}" for one in self.engine.remove_built_images()]
        return tuple(removed)

    def execute(self, name: str, command: Sequence[str]) -> int:
        """Run a command in a container, at this terminal, and return its exit code.

        Raises:
            NoSuchService: There is no such container.
            NotRunning: It does not run.
        """
        container = self.chosen([name])[name]
        if not container.is_running:
            raise NotRunning(name)
        return self.engine.attach("exec", container.id, command)

    def secrets(self) -> Mapping[str, str]:
        """Return what no log and no message may show."""
        given = {
            name: value for name, value in read_secrets(self.root / VALUES).items()
            if name.startswith("PHLO_SECRET_")
        }  # fmt: skip
        return read_secrets(self.root / ".phlo" / "state" / "secrets.env") | given

    def write_values(self, text: str) -> bool:
        """Write the values of the Compose file, for their owner alone; tell if they changed."""
        file = self.root / VALUES
        if file.exists() and file.read_text(encoding="utf-8") == text:
            return False
        write_atomically(file, text, mode=0o600)
        return True


def _with_needs(
    services: Sequence[ContainerService], names: Iterable[str] | None
) -> list[ContainerService]:
    """Return services with all they need, in start order."""
    if names is None:
        return list(services)
    by_name = {one.name: one for one in services}
    wanted, nearest = set(names), list(names)
    while nearest:
        needed = {n.service for name in nearest if name in by_name for n in by_name[name].needs}
        nearest = sorted(needed - wanted)
        wanted |= needed
    return [one for one in services if one.name in wanted]


def _status(one: Container, memory_bytes: int | None = None) -> ProgramStatus:
    is_job = one.policy == "no" and one.labels.get("phlo.kind") == "job"
    state = one.state(is_job=is_job)
    cause = None
    if state is ServiceState.UNHEALTHY:
        cause = f"its check fails: {one_line(one.check_output)}"
    elif state in (ServiceState.CRASHED, ServiceState.FAILED):
        cause = one.error.strip() or f"exited with code {one.code}"
    elif is_job and state is ServiceState.HEALTHY:
        cause = "done"
    return ProgramStatus(
        one.name, one.service, state, cause, pid=one.pid if one.is_running else None,
        started_at=one.started_at if one.is_running else None, restarts=one.restarts,
        memory_bytes=memory_bytes, runtime="docker", parent=one.labels.get("phlo.parent"),
    )  # fmt: skip
