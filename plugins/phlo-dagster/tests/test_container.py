"""Dagster in a container: its image, made with the packages of the project, and runs in it."""

from __future__ import annotations

import json
import os
import signal
import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

import httpx
import pytest

from phlo.orchestration.client import Can
from phlo.orchestration.process import identity
from phlo.orchestration.store import Store
from phlo.project import Project
from phlo.testing.containers import ContainerProject, docker
from phlo.testing.orchestrator_project import WORKFLOWS, until
from phlo.testing.servers import alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from phlo.orchestration.client import OrchestratorClient
    from phlo.orchestration.records import RunRecord
    from phlo.testing.containers import Make

#: What the image gets: a build takes minutes, most of it for Dagster's own packages.
REQUIREMENTS = "phlo\nphlo-duckdb\n"
#: Seconds: the first step in a new container reads all of its packages from the disk.
PATIENCE = 300.0
#: Where a step runs, and as whom.
ASKING = """
    @phlo.ingestion(table="raw.places")
    def places(context: phlo.Context):
        import os, sys
        return [{"python": sys.executable, "user": os.getuid(), "folder": os.getcwd()}]
"""


def start(project: ContainerProject) -> None:
    command = ("services", "start", "--no-open", "--timeout", "900")
    with project.start(*command) as process:
        _, err = process.communicate(timeout=1500)
    assert process.returncode == 0, err


def newest(project: ContainerProject) -> RunRecord:
    with Store.open(project.root) as store:
        return store.runs(1)[0]


@pytest.mark.docker
class TestInAContainer:
    """The order of these tests is that of a person's days with it."""

    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, make_project: Make) -> Iterator[ContainerProject]:
        project = make_project()
        project.patience = PATIENCE
        services = {**alone("phlo-api"), "dagster": {"enabled": True, "runtime": "docker"}}
        project.configure(json.dumps(services))
        project.write("requirements.txt", REQUIREMENTS)
        project.write("workflows/all.py", WORKFLOWS + ASKING)
        start(project)
        yield project
        assert project.phlo("services", "stop").returncode == 0

    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, project: ContainerProject) -> OrchestratorClient:
        return Project.open(project.root).orchestrator("dagster")

    def test_it_is_healthy_and_only_this_machine_reaches_it(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        until(lambda: client.health().is_good, 240)
        assert {"raw.orders", "marts.totals"} <= client.definitions().assets
        assert client.definitions().hash == Project.open(project.root).manifest().hash
        told = project.inspect("dagster")
        published = told["NetworkSettings"]["Ports"]
        assert {one["HostIp"] for ports in published.values() for one in ports or ()} == {
            "127.0.0.1"
        }
        assert list(published) == ["3000/tcp"]
        assert Can.CANCEL in client.can

    def test_its_image_holds_the_packages_as_they_are_installed(
        self, project: ContainerProject
    ) -> None:
        python = ("exec", f"{project.name}-dagster-1", "/opt/project/bin/python", "-c")
        asked = "import importlib.metadata as m; print(m.version('phlo'), m.version('pyarrow'))"
        assert docker(*python, asked) == f"{version('phlo')} {version('pyarrow')}"
        dagster = ("exec", f"{project.name}-dagster-1", "/opt/dagster/bin/python", "-c")
        found = docker(*dagster, "import importlib.util as u; print(u.find_spec('phlo'))")
        assert found == "None"

    def test_materialize_runs_through_it_and_the_rows_are_here(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        done = project.phlo("materialize", "raw.orders,marts.totals,raw.places")
        assert done.returncode == 0, done.stdout + done.stderr
        run = newest(project)
        assert (run.orchestrator, run.state) == ("dagster", "succeeded")
        assert project.rows("select count(*) from marts.totals") == [[2]]
        python = "/opt/project/bin/python"
        assert project.rows('select python, "user" from raw.places') == [[python, os.getuid()]]
        page = client.runs(limit=1).items[0].ref.url
        assert page is not None
        assert httpx.get(page, trust_env=False, timeout=60).status_code == 200
        held = project.phlo("materialize", "raw.bad,marts.after")
        assert held.returncode == 12
        assert project.rows("select count(*) from raw.orders") == [[2]]
        owners = {file.stat().st_uid for file in (project.root / ".phlo").rglob("*")}
        assert owners == {os.getuid()}

    def test_what_is_edited_is_loaded(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        project.write(
            "workflows/more.py",
            """
            import phlo

            @phlo.ingestion(table="raw.more")
            def more():
                return [{"a": 1}, {"a": 2}]
            """,
        )
        done = project.phlo("materialize", "raw.more")
        assert done.returncode == 0, done.stdout + done.stderr
        assert newest(project).orchestrator == "dagster"
        assert project.rows("select count(*) from raw.more") == [[2]]

    def test_its_runs_are_alive_for_commands_outside_and_are_cancelled(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        (project.root / "slow.pid").unlink(missing_ok=True)
        assert project.phlo("materialize", "raw.slow", "--no-wait").returncode == 0
        file = project.root / "slow.pid"
        until(lambda: file.exists() and file.read_text(), 240)
        pid, run = int(file.read_text()), newest(project).id
        assert identity(pid) is not None
        assert project.json("runs", "show", run)["run"]["state"] == "running"
        state = project.json("runs", "cancel", run)["run"]["state"]
        assert state in ("cancelled", "cancelling")
        until(lambda: identity(pid) is None)
        until(lambda: newest(project).state == "cancelled")

    def test_a_killed_step_fails_its_run_and_the_next_one_succeeds(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        (project.root / "slow.pid").unlink(missing_ok=True)
        assert project.phlo("materialize", "raw.slow", "--no-wait").returncode == 0
        file = project.root / "slow.pid"
        until(lambda: file.exists() and file.read_text(), 240)
        run = newest(project).id
        os.kill(int(file.read_text()), signal.SIGKILL)
        until(lambda: project.json("runs", "show", run)["run"]["state"] == "failed")
        assert project.phlo("materialize", "raw.orders").returncode == 0
        assert project.rows("select count(*) from raw.orders") == [[2]]

    def test_a_restart_keeps_its_runs(
        self, project: ContainerProject, client: OrchestratorClient
    ) -> None:
        before = [one.ref.id for one in client.runs(limit=5).items]
        assert project.phlo("services", "stop").returncode == 0
        start(project)
        until(lambda: client.health().is_good, 240)
        assert [one.ref.id for one in client.runs(limit=5).items] == before
        assert project.phlo("materialize", "raw.orders").returncode == 0
        assert newest(project).orchestrator == "dagster"


class StoredElsewhere(ContainerProject):
    """Its tables go where the services are."""

    settings: ClassVar[Mapping[str, str]] = {}


@pytest.mark.docker
@pytest.mark.parametrize(
    ("runtime", "others"),
    [("native", ["seaweedfs"]), ("docker", ["seaweedfs", "nessie", "postgres"])],
    ids=["by the relay", "by their names"],
)
def test_its_steps_reach_the_lake_wherever_that_runs(
    engine: None, tmp_path: Path, runtime: str, others: list[str]
) -> None:
    """Local processes beside it, or all of them in containers; what it made is read from here."""
    project = StoredElsewhere(tmp_path, f"t{uuid.uuid4().hex[:8]}")
    project.patience = PATIENCE
    placed = {name: {"enabled": True, "runtime": runtime} for name in others}
    placed["dagster"] = {"enabled": True, "runtime": "docker"}
    project.configure(json.dumps({**alone("phlo-api"), **placed}))
    project.write("requirements.txt", REQUIREMENTS)
    project.write("workflows/all.py", WORKFLOWS)
    try:
        start(project)
        done = project.phlo("materialize", "raw.orders,marts.totals")
        assert done.returncode == 0, done.stdout + done.stderr
        run = newest(project)
        assert (run.orchestrator, run.state) == ("dagster", "succeeded")
        assert project.rows("select count(*) from marts.totals") == [[2]]
        assert not list((project.root / ".phlo").rglob("*.parquet"))
        assert project.states() == dict.fromkeys([*others, "phlo-api", "dagster"], "healthy") | {
            "duckdb": "embedded", "lake": "embedded"
        }  # fmt: skip
        # The runner reads and writes the same tables, from outside.
        alone_done = project.phlo("materialize", "raw.orders", "--orchestrator", "runner")
        assert alone_done.returncode == 0, alone_done.stderr
        assert project.rows("select count(*) from raw.orders") == [[2]]
    finally:
        project.clean()
