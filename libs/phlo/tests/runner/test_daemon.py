"""The runner's own process: runs that wait for it, schedules that are due, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psutil
import pytest

from phlo.orchestration.store import Store
from phlo.runner import keeper
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from phlo.orchestration.records import RunRecord

pytestmark = pytest.mark.embedded

WORKFLOWS = """
    import time
    import phlo

    @phlo.ingestion(table="raw.orders", key="id", schedule="@hourly")
    def orders():
        return [{"id": 1}]

    @phlo.ingestion(table="raw.slow")
    def slow():
        for n in range(600):
            yield {"id": n}
            time.sleep(0.1)
"""
#: A checkout has services that a user need not have; here there is none beside phlo's own.
OTHERS = ("dagster", "nessie", "postgres", "seaweedfs", "trino", "minio", "superset")
ALONE = "".join(["services:\n", *(f"  {name}: {{enabled: false}}\n" for name in OTHERS)])

#: The process, but as though some hours had passed: what is due then, is due.
LATER = """
import sys, signal
from datetime import datetime, timedelta, UTC
from pathlib import Path
from phlo.runner.daemon import Daemon

class Later(Daemon):
    def step(self, now):
        super().step(now + timedelta(hours=float(Path("hours").read_text())))

daemon = Later(Path("."))
signal.signal(signal.SIGTERM, lambda *_: daemon.ends.set())
daemon.run()
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "lake")
    folder.write("phlo.local.yaml", ALONE)
    folder.write("workflows/all.py", WORKFLOWS)
    folder.write("hours", "0")
    return folder


def until(found: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def newest(project: ProjectFolder) -> RunRecord | None:
    with Store.open(project.root) as store:
        return next(iter(store.runs(1)), None)


def state(project: ProjectFolder) -> str | None:
    run = newest(project)
    return run.state if run else None


def is_kept(project: ProjectFolder) -> bool:
    with Store.open(project.root) as store:
        return keeper.is_kept(store)


@contextmanager
def kept(project: ProjectFolder, *command: str) -> Iterator[psutil.Popen]:
    """Run the process; nothing of it is left after the block."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PHLO_")}
    log = (project.root / "daemon.log").open("ab")
    process = psutil.Popen(
        [sys.executable, *(command or ("-m", "phlo.runner.daemon"))],
        cwd=project.root, env=environ, stdin=subprocess.DEVNULL, stderr=log,
    )  # fmt: skip
    log.close()
    try:
        until(lambda: is_kept(project))
        yield process
        if process.poll() is None:
            process.terminate()
            assert process.wait(40) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_a_run_that_waits_is_taken_and_its_end_is_the_process_own(project: ProjectFolder) -> None:
    with kept(project) as process:
        asked = project.phlo("materialize", "raw.slow", "--no-wait")
        assert asked.returncode == 0, asked.stderr
        until(lambda: state(project) == "running")
        run = newest(project)
        assert run is not None
        assert run.pid is not None
        assert psutil.Process(run.pid).ppid() == process.pid
    # Told to end, it ended what it had begun.
    run = newest(project)
    assert run is not None
    assert run.state == "cancelled"
    assert run.pid is not None
    assert not psutil.pid_exists(run.pid)


def test_a_run_waits_for_the_process_to_come_back(project: ProjectFolder) -> None:
    with kept(project) as process:
        process.send_signal(signal.SIGSTOP)
        assert project.phlo("materialize", "raw.orders", "--no-wait").returncode == 0
        assert project.phlo("materialize", "raw.slow", "--no-wait").returncode == 0
        waits = newest(project)
        assert waits is not None
        # Nobody has it yet, and no other command takes it for dead.
        assert [run["state"] for run in project.json("runs", "list")["runs"]] == ["queued"] * 2
        cancelled = project.json("runs", "cancel", waits.id)["run"]
        assert cancelled["state"] == "cancelled"
        process.send_signal(signal.SIGKILL)
        process.wait()
        with kept(project):
            until(lambda: not project.json("runs", "list", "--state", "active")["runs"])
        told = {run["selection"]: run["state"] for run in project.json("runs", "list")["runs"]}
        assert told == {"raw.orders": "succeeded", "raw.slow": "cancelled"}


def test_a_schedule_starts_its_asset_once_for_all_that_it_missed(project: ProjectFolder) -> None:
    def runs() -> list[tuple[str, str, str]]:
        found = project.json("runs", "list")["runs"]
        return [(run["trigger"], run["selection"], run["state"]) for run in found]

    made = ("schedule", "raw.orders", "succeeded")
    with kept(project, "-c", LATER):
        until(lambda: project.json("schedules", "list")["schedules"])
        until(lambda: _first_seen(project))
        project.write("hours", "30")
        until(lambda: runs() == [made])
        time.sleep(2)
        assert runs() == [made]
        off = project.json("schedules", "off", "raw.orders")
        assert (off["on"], off["next"]) == (False, None)
        project.write("hours", "60")
        time.sleep(2)
        assert runs() == [made]
        assert project.json("schedules", "on", "raw.orders")["on"] is True
        until(lambda: runs() == [made, made])


def _first_seen(project: ProjectFolder) -> bool:
    with Store.open(project.root) as store:
        return bool(store.kept("schedule.done/"))


def test_a_broken_file_is_told_by_the_schedule_that_needs_it(project: ProjectFolder) -> None:
    with kept(project, "-c", LATER):
        until(lambda: _first_seen(project))
        project.write("workflows/all.py", "import phlo\n@phlo.ingestion(table=")
        project.write("hours", "2")
        until(lambda: project.json("schedules", "list")["schedules"][0]["problem"])
        [told] = project.json("schedules", "list")["schedules"]
        assert "PHLO-A" in told["problem"]
        assert newest(project) is None


def test_a_second_one_waits_until_the_first_is_gone(project: ProjectFolder) -> None:
    with kept(project) as first, kept(project) as second:
        time.sleep(1)
        with Store.open(project.root) as store:
            assert store.kept("runner")[""]["pid"] == first.pid
        first.kill()
        first.wait()

        def is_second() -> bool:
            with Store.open(project.root) as store:
                return bool(store.kept("runner")[""]["pid"] == second.pid)

        until(is_second)


def test_schedules_say_that_nobody_keeps_them(project: ProjectFolder) -> None:
    shown = project.phlo("schedules", "list")
    assert "@hourly" in shown.stdout
    assert "phlo services start" in shown.stderr
    refused = project.phlo("schedules", "off", "raw.slow")
    assert refused.returncode == 12
    assert "PHLO-D977" in refused.stderr
    [told] = project.json("schedules", "list")["schedules"]
    at = datetime.fromisoformat(told["next"])
    assert at - datetime.now(UTC) < timedelta(hours=1)
    assert at.minute == 0
