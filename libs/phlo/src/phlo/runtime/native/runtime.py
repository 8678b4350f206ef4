"""The native runtime: a project's services as local processes, in six verbs."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from phlo.errors.runtime import UnsupportedPlatform
from phlo.errors.service import SupervisorFailed
from phlo.errors.state import StateBroken
from phlo.model.status import ServiceState
from phlo.orchestration.secrets import read_secrets
from phlo.runtime.lock import project_lock
from phlo.runtime.logs import follow, tail
from phlo.runtime.native import definitions, recover, starting, status, stopping
from phlo.runtime.native.daemon import Daemon, inherited
from phlo.runtime.native.place import Place
from phlo.runtime.native.programs import locate
from phlo.runtime.native.waiting import Waiting
from phlo.runtime.progress import Progress, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from phlo.model.native import NativeProgram
    from phlo.runtime.logs import LogLine
    from phlo.runtime.native.definitions import Definition
    from phlo.runtime.native.starting import Started
    from phlo.runtime.native.status import ProgramStatus
    from phlo.runtime.progress import OnProgress


class NativeRuntime:
    """The local processes of one project.

    `start`, `stop` and `restart` take the project's lock, unless the caller holds it; the others
    take none. Where names are given, a service's name stands for all its processes.

    Args:
        root: The project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.place = Place(self.root)
        self._daemon = Daemon(self.place)

    def start(
        self,
        programs: Sequence[NativeProgram],
        secrets: Mapping[str, str],
        *,
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
        on_wait: Callable[[str], None] | None = None,
    ) -> Started:
        """Start processes and return at once; `wait` waits until they are healthy.

        What runs already as it is wanted keeps its pid; what changed, or does not run well, is
        started anew. Orphans of a killed supervisor are ended first.

        Args:
            programs: All processes of the project.
            secrets: The project's secrets by name, for `${PHLO_SECRET_NAME}` in texts.
            names: Those to be started, with what they need; None for all, and then processes that
                are no longer in `programs` are stopped.
            on_progress: Told what is being made and stopped.
            on_wait: Told for whom this waits, when another command holds the lock.

        Raises:
            PrerequisiteError: A program is not there and cannot be made.
            ProjectLocked: Another command holds the project.
            SupervisorFailed: supervisord does not start or answer.
            FolderUnwritable: The disk is full, or the folder is read-only.
            SecretMissing: A text names a secret that is not there.
        """
        _refuse_windows()
        wanted = self._define(programs, secrets, on_progress)
        chosen = None if names is None else definitions.expand(names, wanted)
        with project_lock(self.root, "starting services", on_wait=on_wait):
            self.place.make()
            return starting.bring_up(self.place, self._daemon, wanted, chosen, on_progress)

    def _define(
        self,
        programs: Sequence[NativeProgram],
        secrets: Mapping[str, str],
        on_progress: OnProgress,
    ) -> dict[str, Definition]:
        began, found = time.monotonic(), {}
        for program in programs:

            def say(line: str, name: str = program.name) -> None:
                elapsed = time.monotonic() - began
                on_progress(Progress(name, ServiceState.STARTING, elapsed, message=line))

            found[program.name] = definitions.define(
                program, locate(program, say), secrets, inherited()
            )
        return found

    def wait(
        self,
        names: Iterable[str] | None = None,
        timeout: float = 300,
        on_progress: OnProgress = ignore,
    ) -> None:
        """Wait until processes are healthy.

        Args:
            names: Which; None for all.
            timeout: Seconds in all; each has its own besides (`ready_timeout`).
            on_progress: Told of every change of a state or its cause.

        Raises:
            NoSuchService: There is no such process.
            ServiceCrashed: One ended three times in a row, or cannot run at all.
            PortInUse: Another program has the port of one.
            StillStarting: One is not ready in time, and its log moves.
            NotHealthy: One is not ready in time, and its log does not move.
            NotRunning: One is not running, and nothing starts it.
        """
        self.waiting(names, timeout, on_progress).wait()

    def waiting(
        self,
        names: Iterable[str] | None = None,
        timeout: float = 300,
        on_progress: OnProgress = ignore,
    ) -> Waiting:
        """Return a wait for processes, which looks when it is told to.

        Raises:
            NoSuchService: There is no such process.
        """
        told = definitions.read(self.place)
        chosen = definitions.expand(names, told)
        return Waiting(self.place, self._daemon, told, chosen, timeout, on_progress)

    def stop(
        self,
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
        on_wait: Callable[[str], None] | None = None,
    ) -> tuple[str, ...]:
        """Stop processes and return which ran; with the last one, supervisord and all orphans end.

        Args:
            names: Which; None for all.
            on_progress: Told of each that has stopped.
            on_wait: Told for whom this waits, when another command holds the lock.

        Raises:
            NoSuchService: There is no such process.
            ProjectLocked: Another command holds the project.
            SupervisorFailed: supervisord does not end a process.
            ProcessesLeft: A process took neither signal.
        """
        if self.place.mark is None:  # nothing was ever started, and no folder is made for that
            return ()
        with project_lock(self.root, "stopping services", on_wait=on_wait):
            told = definitions.read(self.place)
            stopped = self._stop(definitions.expand(names, told), told, on_progress)
        return tuple(stopped)

    def _stop(
        self, names: Sequence[str], told: Mapping[str, Definition], on_progress: OnProgress
    ) -> list[str]:
        stopped: list[str] = []
        if (client := self._daemon.client()) is not None:
            try:
                stopped = stopping.stop(client, names, told, on_progress)
                if any(client.running().values()):
                    return stopped
                stopping.shut_down(client)
            except SupervisorFailed:
                if set(names) != set(told):
                    raise
                # All is to end, and that can be done without a supervisor that hangs.
        recover.recover(self.place)
        return stopped

    def restart(
        self,
        names: Iterable[str] | None = None,
        on_progress: OnProgress = ignore,
        on_wait: Callable[[str], None] | None = None,
    ) -> tuple[str, ...]:
        """Stop processes and start them again as they were last started; return which.

        Args:
            names: Which; None for all that were ever started.
            on_progress: Told of each that has stopped.
            on_wait: Told for whom this waits, when another command holds the lock.

        Raises:
            NoSuchService: There is no such process.
            ProjectLocked: Another command holds the project.
            SupervisorFailed: supervisord does not start, end a process or answer.
        """
        with project_lock(self.root, "restarting services", on_wait=on_wait):
            told = definitions.read(self.place)
            chosen = definitions.expand(names, told)
            if (client := self._daemon.client()) is not None:
                stopping.stop(client, chosen, told, on_progress)
            self.place.make()
            starting.bring_up(self.place, self._daemon, told, chosen, on_progress)
        return tuple(chosen)

    def status(self) -> dict[str, ProgramStatus]:
        """Return how every process is that was ever started; waits for nobody, starts nothing."""
        services = {}
        for file in sorted(self.place.definitions.glob("[!.]*.json")):
            services[file.stem] = file.stem.partition(".")[0]
        return status.of(self.place, services, self.secrets())

    def secrets(self) -> dict[str, str]:
        """Return what no log and no message may show: what the processes were given."""
        given: dict[str, str] = {}
        with suppress(StateBroken):
            given = definitions.secrets_of(definitions.read(self.place))
        return read_secrets(self.root / ".phlo" / "state" / "secrets.env") | given

    def logs(self, names: Iterable[str] | None = None, count: int = 100) -> list[LogLine]:
        """Return the last lines that processes printed, without secrets.

        Args:
            names: Which; None for all.
            count: So many lines of each.

        Raises:
            NoSuchService: There is no such process.
        """
        return tail(self._log_files(names), count, self.secrets())

    def follow(
        self, names: Iterable[str] | None = None, is_over: Callable[[], bool] = lambda: False
    ) -> Iterator[LogLine]:
        """Yield the lines that processes print from now on, merged as they come, without secrets.

        Args:
            names: Which; None for all.
            is_over: Asked between two looks; True ends it.

        Raises:
            NoSuchService: There is no such process.
        """
        return follow(self._log_files(names), self.secrets(), is_over=is_over)

    def _log_files(self, names: Iterable[str] | None) -> dict[str, Path]:
        told = definitions.read(self.place)
        return {name: self.place.log(name) for name in definitions.expand(names, told)}

    def execute(self, name: str, command: Sequence[str]) -> int:
        """Run a command with the variables, programs and user of a process; return its exit code.

        Raises:
            NoSuchService: There is no such process.
        """
        import os
        import subprocess

        told = definitions.read(self.place)
        one = told[definitions.expand([name], told)[0]]
        path = os.pathsep.join([*one["path"], os.environ.get("PATH", "")])
        environ = {**one["inherited"], **one["environment"], "PATH": path}
        who = one["user"]
        owner = (
            {"user": who["uid"], "group": who["gid"], "extra_groups": who["groups"]} if who else {}
        )
        done = subprocess.run(
            list(command), env=environ, cwd=self.place.home(one["home"]), check=False,
            **owner,
        )  # fmt: skip
        return done.returncode

    def reset(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """Remove the homes of processes that were stopped, with the data in them.

        Raises:
            NoSuchService: There is no such process.
            ProjectLocked: Another command holds the project.
        """
        import shutil

        with project_lock(self.root, "resetting services"):
            told = definitions.read(self.place)
            chosen = definitions.expand(names, told)
            homes = dict.fromkeys(self.place.home(told[name]["home"]) for name in chosen)
            for home in homes:
                shutil.rmtree(home, ignore_errors=True)
            for name in chosen:
                self.place.forget(name)
        return tuple(str(home.relative_to(self.root)) for home in homes)

    def recover(self) -> tuple[int, ...]:
        """End what a killed supervisor left behind, and return the pids; nothing while one runs.

        Raises:
            ProjectLocked: Another command holds the project.
            ProcessesLeft: A process took neither signal.
        """
        if self.place.mark is None:
            return ()
        with project_lock(self.root, "ending orphans"):
            return () if self._daemon.client() else recover.recover(self.place)


def _refuse_windows() -> None:
    if sys.platform == "win32":
        raise UnsupportedPlatform("Windows")
