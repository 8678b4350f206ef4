"""`python -m phlo.runner.daemon`: the runner's own process, which phlo's services keep running.

It takes the runs that others queued, so that they end neither with the API nor with a terminal, and
starts those that a schedule says. What costs memory, such as reading workflow files, happens in
children; a second process of the kind waits until the first is gone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors import PhloError
from phlo.orchestration.manifest import Manifest
from phlo.orchestration.store import Store
from phlo.orchestration.world import RunOptions
from phlo.runner import keeper
from phlo.runner.command import Command
from phlo.runner.launch import launch
from phlo.runner.schedules import Book

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.orchestration.records import RunRecord
    from phlo.runner.launch import Launched
    from phlo.runner.schedules import Schedule

#: How often it looks, and how often at the files of the project, in seconds.
_EVERY, _LOOK_EVERY = 0.5, 5.0
#: So many runs work at once; the others wait.
MOST_RUNS = 4
#: So long its runs may take to end in order when it is told to end, in seconds.
_STOP_PATIENCE = 20.0


class Daemon:
    """The runs and the schedules of one project.

    Args:
        root: The project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store.open(root)
        self.book = Book(self.store)
        self.ends = threading.Event()
        self._runs: dict[str, Launched] = {}
        self._starting: dict[str, Command] = {}
        self._reading: Command | None = None
        self._told: Mapping[str, Any] = {}
        self._seen: object = None
        self._looked = float("-inf")

    def run(self) -> None:
        """Work until told to end; then its runs end first."""
        while keeper.is_kept(self.store) and not keeper.is_mine(self.store):
            if self.ends.wait(_EVERY):
                return
        keeper.keep(self.store)
        try:
            while not self.ends.wait(_EVERY):
                self.step(datetime.now(UTC))
        finally:
            self._end_all()
            self.store.close()

    def step(self, now: datetime) -> None:
        """Do what is to be done at a moment."""
        self._reap()
        for run in keeper.waiting(self.store)[: MOST_RUNS - len(self._runs)]:
            self._take(run)
        self._look()
        self._start_due(now)

    def _take(self, run: RunRecord) -> None:
        """Start the process of a run that waits."""
        said = next((e.data for e in self.store.events(run.id) if e.type == "run.queued"), {})
        options = RunOptions(
            run.id, ref=run.ref, full_refresh=bool(said.get("full_refresh")),
            checks=bool(said.get("checks", True)), trigger=run.trigger, selection=run.selection,
            partition=run.partition,
        )  # fmt: skip
        python = (Manifest.read(self.root) or Manifest(())).python or sys.executable
        _say(f"{run.id}: {run.selection}")
        self._runs[run.id] = launch(self.store, self.root, python, run.assets, options)

    def _reap(self) -> None:
        for run_id, launched in list(self._runs.items()):
            code = launched.process.poll()
            if code is None:
                continue
            del self._runs[run_id]
            record = self.store.run(run_id)
            _say(f"{run_id}: {record.state if record else 'gone'}")
            if record is not None and record.is_active:
                # It could not say how it ended; any command finds out.
                Command(self.root, "runs", "list", "--limit", "1").wait()

    def _look(self) -> None:
        """Have the workflow files read when they changed, and learn who keeps the schedules."""
        if self._reading is not None and (done := self._reading.result()) is not None:
            self._reading = None
            if done.code == 0:
                self._told = json.loads(done.output)
            else:
                _say(done.problem)
        if self._reading is None and time.monotonic() - self._looked > _LOOK_EVERY:
            self._looked = time.monotonic()
            seen = self._stamp()
            if seen != self._seen:
                self._seen = seen
                self._reading = Command(self.root, "schedules", "list", "--declared", "--json")

    def _stamp(self) -> object:
        """Return what changes when the files do that say which schedules there are."""
        folder = self.root / str(self._told.get("workflows", "workflows"))
        files = [*self.root.glob("phlo*.yaml"), *folder.rglob("*.py"), *folder.rglob("*.sql")]
        found = []
        for file in files:
            try:
                found.append((str(file), file.stat().st_mtime_ns))
            except OSError:
                continue  # gone in between: the next look sees it
        return sorted(found)

    def _start_due(self, now: datetime) -> None:
        for name, command in list(self._starting.items()):
            if (done := command.result()) is not None:
                del self._starting[name]
                self.book.tell(name, None if done.code == 0 else done.problem)
                if done.code:
                    _say(f"{name}: {done.problem}")
        manifest = Manifest.read(self.root)
        if manifest is None or self._told.get("orchestrator") != "runner":
            return
        for schedule, due in self.book.due(manifest, now):
            if not self._is_busy(schedule):
                self._start(schedule, due, now)

    def _start(self, schedule: Schedule, due: datetime, now: datetime) -> None:
        """Ask for a run as everybody does; it waits here then."""
        _say(f"{schedule.name}: due since {due.isoformat()}")
        # Before it is asked for: should this process be killed now, no run comes twice.
        self.book.started(schedule, due, now)
        key = schedule.partition(due)
        self._starting[schedule.name] = Command(
            self.root, "materialize", schedule.name, "--no-wait", "--trigger", "schedule",
            "--orchestrator", "runner", *(["--partition", key] if key else []),
        )  # fmt: skip

    def _is_busy(self, schedule: Schedule) -> bool:
        """Whether the last run of a schedule is still at it: the next waits for its end."""
        return schedule.name in self._starting or any(
            run.trigger == "schedule" and run.selection == schedule.name
            for run in self.store.runs(1000, state="active")
        )

    def _end_all(self) -> None:
        commands = [*self._starting.values(), *([self._reading] if self._reading else [])]
        processes: list[subprocess.Popen[Any]] = [run.process for run in self._runs.values()]
        processes += [command.process for command in commands]
        for process in processes:
            process.terminate()
        end = time.monotonic() + _STOP_PATIENCE
        for process in processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for command in commands:
            command.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")
    sys.stderr.flush()


def main() -> int:
    """Keep the project's runs until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="phlo.runner.daemon", description=__doc__)
    parser.add_argument("--root", default=os.environ.get("PHLO_PROJECT_DIR", "."))
    options = parser.parse_args()
    try:
        daemon = Daemon(Path(options.root).resolve())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: daemon.ends.set())
        daemon.run()
    except PhloError as error:
        sys.stderr.write(f"error[{error.code}]: {error.message}\n   = fix: {error.fix.text}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
