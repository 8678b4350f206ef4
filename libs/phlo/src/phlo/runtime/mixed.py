"""Both runtimes of a project under one roof: what crosses from one to the other is done here."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from phlo.compose.crossing import for_embedded, providers_for, reached_by_containers
from phlo.compose.waves import waves, with_jobs, with_needs
from phlo.errors.docker import EngineGone
from phlo.errors.service import NoSuchService
from phlo.errors.state import StateBroken
from phlo.runtime.docker.compose_cli import FILE
from phlo.runtime.docker.fingerprints import marks
from phlo.runtime.docker.follow import NAME as WATCH
from phlo.runtime.docker.follow import Follower
from phlo.runtime.docker.values import values_text
from phlo.runtime.identity import known
from phlo.runtime.logs import merged
from phlo.runtime.native import definitions
from phlo.runtime.native.runtime import NativeRuntime
from phlo.runtime.order import stop_waves
from phlo.runtime.progress import ignore
from phlo.runtime.relay import NAME as RELAY
from phlo.runtime.relay import relay
from phlo.runtime.state import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from phlo.model.native import NativeProgram
    from phlo.model.prepared import Prepared
    from phlo.runtime.docker.runtime import DockerRuntime
    from phlo.runtime.logs import LogLine
    from phlo.runtime.native.status import ProgramStatus
    from phlo.runtime.progress import OnProgress

    Provision = Callable[[str], None]
    """Has the provider of this name make what its consumers asked for."""

#: Local processes that phlo runs for itself: no services.
OURS = (RELAY, WATCH)


class Looking(Protocol):
    """A wait that looks when it is told to."""

    def look(self) -> bool:
        """Look once, and return whether all is ready."""


class Runtimes:
    """The local processes and the containers of one project.

    Args:
        root: The project's folder.
        host: The container engine's address; None: the one that `docker` itself would take.
    """

    def __init__(self, root: Path, host: str | None = None) -> None:
        self.root = root
        self.host = host
        self.native = NativeRuntime(root)

    @property
    def docker(self) -> DockerRuntime | None:
        """The containers; None where the project has none, so that no engine is asked."""
        if not (self.root / FILE).exists():
            return None
        from phlo.runtime.docker.runtime import DockerRuntime

        identity = known(self.root)
        return DockerRuntime(self.root, identity.compose_name, self.host) if identity else None

    def start(
        self,
        prepared: Prepared,
        names: Iterable[str] | None = None,
        provision: Provision = lambda _provider: None,
        on_progress: OnProgress = ignore,
    ) -> None:
        """Start services, each wave when what it needs of those before is ready.

        Args:
            prepared: What is to run.
            names: Which, with what they need; None for all, and then what is no longer part of the
                project is stopped.
            provision: Called before a wave in which that provider's consumers are.
            on_progress: Told what happens to each.

        Raises:
            PhloError: One does not come up, or what it needs does not.
        """
        stack, docker = prepared.stack, self.docker
        groups = waves(stack, names)
        programs = prepared.programs
        if docker is not None and prepared.containers:
            more = self._create(docker, prepared, with_needs(stack, names), names, on_progress)
            programs += more
            if more:
                only = [one.name for one in more]
                self.native.start(programs, prepared.secrets, names=only, on_progress=on_progress)
        follower = Follower(self.native, docker)
        programs += follower.wanted(prepared.containers) if names is None else ()
        self._stop_gone(prepared, names, {one.name for one in programs})
        for number, group in enumerate(groups):
            for provider in providers_for(stack, group):
                provision(provider)
            of = _of_group(programs, group)
            if of or (names is None and number == 0):
                is_all = names is None and len(of) == len(prepared.programs)
                chosen = None if is_all else of
                self.native.start(programs, prepared.secrets, names=chosen, on_progress=on_progress)
            containers = [n for n in group if stack.services[n].runtime == "docker"]
            if docker is not None and containers:
                docker.start(prepared.containers, containers, on_progress)
            after = [name for g in groups[number + 1 :] for name in g]
            inside = for_embedded(stack, group, after)
            later = {e.needs for name in after for e in stack.services[name].edges}
            if needed := [name for name in group if name in later or name in inside]:
                self.wait(prepared, needed, on_progress=on_progress)
            for provider in inside:
                provision(provider)
        follower.start(prepared.containers)

    def _create(
        self,
        docker: DockerRuntime,
        prepared: Prepared,
        chosen: Sequence[str],
        names: Iterable[str] | None,
        on_progress: OnProgress,
    ) -> tuple[NativeProgram, ...]:
        """Make the containers, and return the relay by which they reach local processes, if any."""
        wanted = [n for n in chosen if prepared.stack.services[n].runtime == "docker"]
        docker.create(prepared.containers, None if names is None else wanted, on_progress)
        reached = reached_by_containers(prepared.stack)
        if not reached or "PHLO_GATEWAY" not in (prepared.compose or ""):
            return ()
        gateway = docker.engine.gateway()
        if gateway and self._write_values(docker, prepared, gateway):
            docker.create(prepared.containers, wanted, on_progress)
        return (relay(prepared.stack.python, gateway, reached),) if gateway else ()

    def _write_values(self, docker: DockerRuntime, prepared: Prepared, gateway: str | None) -> bool:
        """Write what the Compose file leaves open, and return whether it changed."""
        text = values_text(
            prepared.compose or "", prepared.secrets, gateway=gateway,
            salt=known_id(self.root), kept=marks(docker.engine.volumes()),
        )  # fmt: skip
        return docker.write_values(text)

    def write_values(self, prepared: Prepared) -> None:
        """Write what the Compose file leaves open, as far as it is known before containers are."""
        if (docker := self.docker) is not None:
            self._write_values(docker, prepared, docker.engine.gateway())

    def _stop_gone(self, prepared: Prepared, names: Iterable[str] | None, wanted: set[str]) -> None:
        """Stop local processes that are no longer part of the project, or run in containers now."""
        if names is not None:
            return
        there = self.native.status()
        if gone := [
            n for n, one in there.items() if n not in wanted and str(one.state) != "stopped"
        ]:
            self.native.stop(gone)

    def wait(
        self,
        prepared: Prepared,
        names: Iterable[str] | None = None,
        timeout: float = 300,
        on_progress: OnProgress = ignore,
    ) -> None:
        """Wait until services of both runtimes are ready.

        Raises:
            ServiceError: One crashed, or is not ready in time.
        """
        services = prepared.stack.services
        chosen = list(services) if names is None else with_jobs(prepared.stack, names)
        waits: list[Looking] = []
        if programs := _of_group(prepared.programs, chosen):
            waits.append(self.native.waiting(programs, timeout, on_progress))
        containers = [n for n in chosen if services[n].runtime == "docker"]
        if containers and (docker := self.docker) is not None:
            waits.append(docker.waiting(prepared.containers, containers, timeout, on_progress))
        while waits:
            waits = [one for one in waits if not one.look()]
            if waits:
                time.sleep(0.05)

    def stop(
        self,
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
        on_wait: Callable[[str], None] | None = None,
    ) -> tuple[str, ...]:
        """Stop services, all if none is named, and return the processes and containers that ran.

        Each is stopped before what it needs, whichever runtime that is in.

        Args:
            names: Which; None for all.
            on_progress: Told of each that has stopped.
            on_wait: Told for whom this waits, when another command holds the lock.

        Raises:
            NoSuchService: Nothing of that name was ever started.
            PhloError: One cannot be stopped.
        """
        processes, containers = self._split(names)
        docker = self.docker
        Follower(self.native, docker).stop(containers)
        stopped: tuple[str, ...] = ()
        for runtime, group in self._stop_waves(names):
            if runtime == "native":
                stopped += self.native.stop(group, on_progress, on_wait)
            elif docker is not None:
                stopped += docker.stop(group, on_progress)
        # What no edge tells of: the relay, orphans, processes that crashed just now.
        if processes != []:
            stopped += self.native.stop(processes, on_progress, on_wait)
        if docker is not None and containers != []:
            stopped += docker.stop(containers, on_progress)
        return tuple(name for name in stopped if name not in OURS)

    def _stop_waves(self, names: Iterable[str] | None) -> Iterator[tuple[str, list[str]]]:
        """Yield what is stopped together, where both runtimes have something that runs."""
        running = {n: one for n, one in self.status().items() if str(one.state) != "stopped"}
        if names is not None:
            processes, containers = self._split(names)
            wanted = {*(processes or ()), *(containers or ())}
            running = {n: one for n, one in running.items() if wanted & {n, one.service}}
        runtimes = {one.service: one.runtime for one in running.values()}
        if len(set(runtimes.values())) < 2:
            return
        needs: Mapping[str, Collection[str]] = {}
        with suppress(StateBroken):  # then each runtime has its own order still
            needs = STARTED.read(self.root).get("needs", {})
        for wave in stop_waves(runtimes, needs):
            for runtime in ("native", "docker"):
                of = [n if runtime == "native" else one.service for n, one in running.items()
                      if one.service in wave and one.runtime == runtime]  # fmt: skip
                if of:
                    yield runtime, of

    def _split(self, names: Iterable[str] | None) -> tuple[list[str] | None, list[str] | None]:
        """Return which of some names are local processes, and which are containers."""
        if names is None:
            return None, None
        there, made = definitions.read(self.native.place), self.containers()
        processes: list[str] = []
        containers: list[str] = []
        for name in names:
            own = [n for n, told in there.items()
                   if name in (n, told.get("service"), told.get("parent"))]  # fmt: skip
            inside = [n for n, one in made.items() if name in (n, one.parent)]
            processes += own
            containers += inside
            if not own and not inside:
                raise NoSuchService(name, {*made, *(str(d["service"]) for d in there.values())})
        return processes, containers

    def logs(self, names: Iterable[str] | None, count: int) -> list[LogLine]:
        """Return the last lines of services, without secrets.

        Raises:
            NoSuchService: Nothing of that name was ever started.
        """
        processes, containers = self._split(names)
        found = [] if processes == [] else self.native.logs(processes, count)
        docker = self.docker
        if docker is not None and containers != []:
            found += docker.logs(containers, count)
        return [line for line in found if line.service != RELAY]

    def follow(
        self, names: Iterable[str] | None, is_over: Callable[[], bool] = lambda: False
    ) -> Iterator[LogLine]:
        """Yield the lines that services print from now on, merged as they come.

        Args:
            names: Which; None for all.
            is_over: Asked again and again; True ends it.

        Raises:
            NoSuchService: Nothing of that name was ever started.
        """
        processes, containers = self._split(names)
        sources: list[Iterator[LogLine]] = []
        if processes != [] and (processes is not None or self.native.status()):
            sources.append(self.native.follow(processes, is_over))
        docker = self.docker
        if docker is not None and containers != []:
            sources.append(docker.follow(containers, is_over))
        return sources[0] if len(sources) == 1 else merged(sources)

    def execute(self, name: str, command: Sequence[str]) -> int:
        """Run a command where a service runs, and return its exit code.

        In its container, or as a process of this machine with its variables, programs and user.

        Raises:
            NoSuchService: Nothing of that name was ever started.
            NotRunning: It is a container that does not run.
        """
        processes, containers = self._split([name])
        docker = self.docker
        if docker is not None and containers:
            return docker.execute(name, command)
        return self.native.execute((processes or [name])[0], command)

    def reset(self, names: Iterable[str] | None, on_progress: OnProgress = ignore) -> list[str]:
        """Stop services and remove their data; return what was removed.

        Raises:
            NoSuchService: Nothing of that name was ever started.
        """
        self.stop(names, on_progress)
        processes, containers = self._split(names)
        removed: list[str] = []
        docker = self.docker
        if docker is not None and containers != []:
            removed += docker.reset(containers)
        if processes != []:
            removed += [f"folder {one}" for one in self.native.reset(processes)]
        return removed

    def containers(self) -> Mapping[str, ProgramStatus]:
        """Return how every container is; none where no engine answers."""
        docker = self.docker
        try:
            return docker.status() if docker is not None else {}
        except EngineGone:
            return {}

    def status(self) -> dict[str, ProgramStatus]:
        """Return how everything is that was ever started; changes nothing."""
        return self.look()[0]

    def look(self) -> tuple[dict[str, ProgramStatus], EngineGone | None]:
        """Return how everything is, and why nothing is known of containers that there may be."""
        found = dict(self.native.status())
        for name in OURS:
            found.pop(name, None)
        docker = self.docker
        try:
            containers = docker.status(with_memory=True) if docker is not None else {}
        except EngineGone as gone:
            return found, gone
        return found | {one.name: one for one in containers.values()}, None


def known_id(root: Path) -> str:
    """Return the project's own mark."""
    identity = known(root)
    return identity.id if identity else ""


def _of_group(programs: Iterable[NativeProgram], group: Iterable[str]) -> list[str]:
    wanted = set(group)
    return [one.name for one in programs if one.service in wanted]
