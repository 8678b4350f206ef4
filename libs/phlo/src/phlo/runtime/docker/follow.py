"""Containers that follow their source: `docker compose watch`, run as a process of the project.

It is told what to do by `develop.watch` of the Compose file, so that plain Compose does the same.
It runs under the supervisor like any local process: it ends with `stop`, is started again when it
dies, and what it does is in `.phlo/logs/phlo-watch.log`.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from phlo.model.native import NativeProgram, Program
from phlo.runtime.docker.compose_cli import FILE, VALUES
from phlo.runtime.native import definitions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from phlo.model.container import ContainerService
    from phlo.runtime.docker.runtime import DockerRuntime
    from phlo.runtime.native.runtime import NativeRuntime

NAME = "phlo-watch"
#: Between its start and its first look, so long at most.
_PATIENCE = 10.0
_LOOKS = b"Watch enabled"
#: After it come the services.
_LAST_OPTION = "--quiet"


class Follower:
    """What keeps the containers of a project up to date with their source.

    Args:
        native: The project's local processes.
        docker: Its containers; None where it has none.
    """

    def __init__(self, native: NativeRuntime, docker: DockerRuntime | None) -> None:
        self.native, self.docker = native, docker
        self.log = native.place.log(NAME)
        self.before, self.written = self._pid(), _size(self.log)

    def wanted(self, containers: Sequence[ContainerService]) -> tuple[NativeProgram, ...]:
        """Return the process for all containers in development; nothing where there is none."""
        return self._program([one.name for one in containers if one.is_watched])

    def start(self, containers: Sequence[ContainerService]) -> None:
        """Follow all containers in development that run; returns when changes are seen."""
        followed = [one.name for one in containers if one.is_watched]
        if self.docker is None or not followed:
            return
        there = self.docker.engine.containers()
        running = [n for n in followed if n in there and not there[n].is_down]
        if programs := self._program(running):
            self.native.start(programs, {}, names=[NAME])
            self.native.wait([NAME], timeout=_PATIENCE)
            if self._pid() != self.before:
                self._until_it_looks()

    def stop(self, names: Sequence[str] | None) -> None:
        """Follow containers no more, before they are stopped; all if no name is given."""
        if self._pid() is None:
            return
        told = definitions.read(self.native.place)[NAME]["command"]
        followed = told[told.index(_LAST_OPTION) + 1 :]
        left = [] if names is None else [name for name in followed if name not in names]
        if left == followed:
            return
        self.native.stop([NAME])
        if programs := self._program(left):
            self.native.start(programs, {}, names=[NAME])

    def _pid(self) -> int | None:
        found = self.native.status().get(NAME)
        return found.pid if found else None

    def _program(self, names: Sequence[str]) -> tuple[NativeProgram, ...]:
        if self.docker is None or not names:
            return ()
        compose = self.docker.compose
        host = compose.engine.environ.get("DOCKER_HOST")
        command = (*compose.command(), "watch", "--no-up", _LAST_OPTION, *sorted(names))
        # It reads the files once: a change of them has it started again.
        environment = {"PHLO_WATCH_FILES": _digest(compose.root)}
        return (
            NativeProgram(
                NAME, NAME, command,
                environment=environment | ({"DOCKER_HOST": host} if host else {}),
                program=Program("path", name="docker"), stop_grace=5.0,
            ),
        )  # fmt: skip

    def _until_it_looks(self) -> None:
        """Return when changes are seen: an edit in between would be lost; or after a while."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if self.log.exists():
                start = self.written if _size(self.log) >= self.written else 0  # begun anew
                with self.log.open("rb") as file:
                    file.seek(start)
                    if _LOOKS in file.read():
                        return
            time.sleep(0.1)


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _digest(root: Path) -> str:
    texts = [(root / name).read_bytes() for name in (FILE, VALUES) if (root / name).exists()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
