"""Projects with real local processes; whatever a test does, none of them outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from phlo.model.native import Health, HealthKind, NativeProgram
from phlo.orchestration.process import is_alive
from phlo.runtime.native import find, place, recover, states
from phlo.runtime.native.runtime import NativeRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from phlo.model.status import ServiceState
    from phlo.runtime.native.starting import Started
    from phlo.runtime.native.states import Recorded
    from phlo.runtime.progress import Progress

STAYS = "import time; print('up', flush=True); time.sleep(600)"
#: Takes connections at the port in argv[1].
LISTENS = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""
#: Puts a process into the background that ignores TERM, in a session of its own, then stays.
DAEMONIZES = """
import os, pathlib, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
        if len(sys.argv) > 2:  # nothing in its environment says whose it is
            os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", sys.argv[2]], {})
        time.sleep(600)
    os._exit(0)
time.sleep(600)
"""
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def until(found: Callable[[], Any], seconds: float = 15) -> Any:
    """Wait for something; its value."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def program(
    name: str, code: str = STAYS, *arguments: str, needs: Sequence[str] = (), **facts: Any
) -> NativeProgram:
    """A process that runs a piece of Python."""
    command = (sys.executable, "-I", "-S", "-c", textwrap.dedent(code), *arguments)
    return NativeProgram(name, name.partition(".")[0], command, needs=tuple(needs),
                         **{"stop_grace": 1.0, **facts})  # fmt: skip


def listener(name: str, port: int, needs: Sequence[str] = (), **facts: Any) -> NativeProgram:
    """A process that is healthy when its port takes connections."""
    health = Health(HealthKind.TCP, port=port)
    return program(name, LISTENS, str(port), needs=needs, health=health, ports=(port,), **facts)


class Project:
    """A project's native runtime, and what a test asks of it."""

    STAYS, LISTENS, DAEMONIZES, IGNORES = STAYS, LISTENS, DAEMONIZES, IGNORES
    program = staticmethod(program)
    listener = staticmethod(listener)
    until = staticmethod(until)
    free_port = staticmethod(free_port)

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.runtime = NativeRuntime(root)
        self.place = self.runtime.place
        self.events: list[Progress] = []

    def start(self, *programs: NativeProgram, **options: Any) -> Started:
        return self.runtime.start(programs, options.pop("secrets", {}), **options)

    def up(self, *programs: NativeProgram, timeout: float = 20, **options: Any) -> Started:
        """Start and wait until all are healthy."""
        started = self.start(*programs, **options)
        self.runtime.wait(started.names, timeout, self.events.append)
        return started

    def state(self, name: str) -> Recorded:
        return states.read(self.place, name)

    def until_state(self, name: str, state: ServiceState, seconds: float = 15) -> Recorded:
        until(lambda: self.state(name).present is state, seconds)
        return self.state(name)

    def definition(self, name: str) -> dict[str, Any]:
        text = (self.place.definitions / f"{name}.json").read_text(encoding="utf-8")
        value: dict[str, Any] = json.loads(text)
        return value

    def log(self, name: str) -> str:
        return self.place.log(name).read_text(encoding="utf-8", errors="replace")

    def child(self, name: str) -> tuple[int, str]:
        found = self.state(name).child
        assert found is not None
        return found

    def shim(self, name: str) -> tuple[int, str]:
        found = self.state(name).shim
        assert found is not None
        return found

    def supervisor(self) -> int:
        return int((self.place.folder / "supervisord.pid").read_text())

    def kill(self, *pids: int) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def left(self) -> dict[int, str]:
        """All living processes of this project, by the rules that `recover` goes by."""
        return {pid: start for pid, start in find.left_over(self.place).items()
                if is_alive(pid, start)}  # fmt: skip

    def clean(self) -> None:
        with contextlib.suppress(Exception):
            self.runtime.stop()
        with contextlib.suppress(Exception):
            recover.recover(self.place)


@pytest.fixture
def impatient(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Change a constant of the shim; the tests are in a hurry."""
    shim = tmp_path_factory.mktemp("shim") / "shim.py"
    shim.write_bytes(place._SHIM.read_bytes())
    monkeypatch.setattr(place, "_SHIM", shim)
    monkeypatch.setattr(recover, "_SHORTEST", 0.5)

    def change(name: str, value: str) -> None:
        text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", shim.read_text())
        assert count == 1
        shim.write_text(text)

    change("STRAY_GRACE", "0.5")
    return change


@pytest.fixture
def make_project(
    tmp_path: Path, impatient: Callable[[str, str], None]
) -> Iterator[Callable[..., Project]]:
    made: list[Project] = []

    def make(name: str = "lake") -> Project:
        made.append(Project(tmp_path / name))
        return made[-1]

    yield make
    for project in made:
        project.clean()
        assert project.left() == {}, "a process outlived its project"


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()


@pytest.fixture
def bystander() -> Iterator[Callable[..., psutil.Popen]]:
    """Start processes that are nobody's, which no command may end."""
    made: list[psutil.Popen] = []

    def start(*command: str, **options: Any) -> psutil.Popen:
        made.append(psutil.Popen(list(command) or [sys.executable, "-c", STAYS], **options))
        return made[-1]

    yield start
    for process in made:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
        process.wait(10)
