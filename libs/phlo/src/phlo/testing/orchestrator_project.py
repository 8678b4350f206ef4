"""A project with an orchestrator that runs, for tests: what they share.

class TestDagster(OrchestratorProject):
    orchestrator = "dagster"

It starts the real program once for the class, natively, beside phlo-api.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from phlo.orchestration.client import OVER, RunRef, RunRequest
from phlo.orchestration.store import Store
from phlo.plugins.registry import load_services
from phlo.project import Project
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from phlo.orchestration.client import LogLine, OrchestratorClient, RunStatus
    from phlo.orchestration.records import RunRecord

WORKFLOWS = """
    import os, time
    from pathlib import Path
    import phlo
    from phlo.checks import not_null

    @phlo.ingestion(table="raw.orders", key="id", schedule="0 3 * * *")
    def orders(context: phlo.Context):
        context.log.info("two orders came in")
        return [{"id": 1}, {"id": 2}]

    @phlo.asset(table="marts.totals")
    def totals(orders: phlo.Table):
        return orders

    @phlo.ingestion(table="raw.days", partitions=phlo.daily("2026-01-01", column="at"))
    def days(day: phlo.Partition):
        return [{"at": day.start, "key": day.key}]

    @phlo.ingestion(table="raw.bad", checks=[not_null("id")])
    def bad():
        return [{"id": 1}, {"id": None}]

    @phlo.asset(table="marts.after")
    def after(bad: phlo.Table):
        return bad

    @phlo.ingestion(table="raw.raising")
    def raising():
        raise ValueError("the shop is closed")

    @phlo.ingestion(table="raw.slow")
    def slow():
        Path("slow.pid").write_text(str(os.getpid()))
        for n in range(3000):
            yield {"id": n}
            time.sleep(0.1)
"""


class OrchestratorProject:
    """Subclass it and name the orchestrator."""

    orchestrator: ClassVar[str]
    others: ClassVar[Sequence[str]] = ()
    """Services that it is to run with; all that are not named are left out."""
    patience: ClassVar[float] = 240.0
    """How long a run may take, in seconds, on a machine that does much else."""

    @pytest.fixture(scope="class")
    @classmethod
    def project(cls) -> Iterator[ProjectFolder]:
        """A project whose services run; they are stopped after the last test."""
        # Every user may enter it: of root's processes some run as another one.
        parent = Path(tempfile.mkdtemp(prefix="phlo-"))
        parent.chmod(0o755)
        folder = ProjectFolder(parent / "lake")
        folder.patience = cls.patience
        kept = {"phlo-api", "duckdb", "lake", cls.orchestrator, *cls.others}
        lines = [f"  {n}: {{enabled: false}}" for n in load_services().definitions if n not in kept]
        folder.write("phlo.local.yaml", "\n".join(["services:", *lines, ""]))
        folder.write("workflows/all.py", WORKFLOWS)
        try:
            cls.start_services(folder)
            yield folder
        finally:
            stopped = folder.phlo("services", "stop")
        assert stopped.returncode == 0, stopped.stderr
        assert not processes_of(folder), "stop leaves nothing"
        shutil.rmtree(parent)

    @staticmethod
    def start_services(folder: ProjectFolder) -> None:
        """Start the project's services, natively, and wait until they are ready."""
        command = ("services", "start", "--runtime", "native", "--no-open", "--timeout", "600")
        with folder.start(*command) as started:
            _, said = started.communicate(timeout=660)
        assert started.returncode == 0, said

    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, project: ProjectFolder) -> OrchestratorClient:
        """The orchestrator's client, as phlo opens it."""
        return Project.open(project.root).orchestrator(cls.orchestrator)

    def made(self, client: OrchestratorClient, request: RunRequest) -> RunStatus:
        """Launch a run and return how it ended."""
        return self.ended(client, client.launch(request))

    def ended(self, client: OrchestratorClient, ref: RunRef) -> RunStatus:
        """Wait for the end of a run."""
        until(lambda: client.status(ref).state in OVER, self.patience)
        return client.status(ref)

    def log(self, client: OrchestratorClient, ref: RunRef) -> list[LogLine]:
        """Return all lines of a run."""
        lines: list[LogLine] = []
        cursor: str | None = None
        while (page := client.logs(ref, cursor=cursor)).items:
            lines += page.items
            cursor = page.cursor
        return lines

    def record(self, project: ProjectFolder, status: RunStatus) -> RunRecord:
        """Return a run as phlo has it, once that is over, too."""
        until(lambda: not self.record_of(project, status.ref.id).is_active, 60)
        return self.record_of(project, status.ref.id)

    def record_of(self, project: ProjectFolder, run_id: str) -> RunRecord:
        """Return a run as phlo has it now."""
        with Store.open(project.root) as store:
            run = store.run(run_id)
        assert run is not None, "phlo has every run"
        return run

    def steps(self, project: ProjectFolder, status: RunStatus) -> list[tuple[str, str]]:
        """Return the assets of a run in the order in which they ended, and what became of each."""
        self.record(project, status)
        with Store.open(project.root) as store:
            found = store.steps(status.ref.id)
        return [(one.asset, one.state) for one in sorted(found, key=lambda s: s.ended_at or "")]

    def pid_of_slow(self, project: ProjectFolder) -> int:
        """Return the process in which `raw.slow` runs, once it does."""
        file = project.root / "slow.pid"
        until(lambda: file.exists() and file.read_text(), self.patience)
        return int(file.read_text())


def until(found: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is true, which it must be in time."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, f"it did not come about in {seconds:.0f} s"
        time.sleep(0.2)


def processes_of(project: ProjectFolder) -> list[int]:
    """Return the processes that belong to a project."""
    import psutil  # costs every command a tenth of a second, and only tests need it here

    found = []
    for process in psutil.process_iter():
        try:
            told = [process.environ().get("PHLO_NATIVE_ROOT", ""), *process.cmdline()]
        except (psutil.Error, OSError):
            continue
        if any(str(project.root) in text for text in told):
            found.append(process.pid)
    return found
