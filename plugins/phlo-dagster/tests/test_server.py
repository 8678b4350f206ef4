"""A real Dagster with its SQLite storage: what every orchestrator does, and what is its own."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from phlo.orchestration.process import identity
from phlo.orchestration.store import Store
from phlo.testing.orchestrators import OrchestratorConformance
from phlo_dagster import graphql

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.orchestration.records import RunRecord
    from phlo.testing.folder import ProjectFolder
    from phlo_dagster.client import DagsterClient


def until(found: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.2)


def newest(project: ProjectFolder) -> RunRecord:
    with Store.open(project.root) as store:
        return store.runs(1)[0]


def process_of(project: ProjectFolder, name: str) -> int:
    """Return the pid of one of the service's processes, as its shim has written it down."""
    [file] = project.root.glob(f".phlo/native/**/states/dagster.{name}.json")
    pid: int = json.loads(file.read_text(encoding="utf-8"))["child"][0]
    return pid


@pytest.mark.server
class TestDagster(OrchestratorConformance):
    """One server for all of them."""

    orchestrator = "dagster"

    def test_a_run_that_dagster_itself_launches_is_one_of_phlos(
        self, project: ProjectFolder, client: DagsterClient
    ) -> None:
        """As its launchpad does: without any of phlo's tags."""
        before = newest(project).id
        selector = {
            "repositoryLocationName": "phlo", "repositoryName": "__repository__",
            "jobName": "__ASSET_JOB", "assetSelection": [{"path": ["raw", "orders"]}],
        }  # fmt: skip
        asked = {"selector": selector, "mode": "default", "runConfigData": {}}
        client.graphql.ask_one(graphql.LAUNCH, "launchRun", "LaunchRunSuccess", p=asked)
        until(lambda: newest(project).id != before and not newest(project).is_active)
        run = newest(project)
        assert (run.orchestrator, run.trigger, run.state) == ("dagster", "manual", "succeeded")
        assert run.assets == ("raw.orders",)
        listed = {one["id"]: one["orchestrator"] for one in project.json("runs", "list")["runs"]}
        assert listed[run.id] == "dagster"
        [found] = [one for one in client.runs(limit=5).items if one.ref.id == run.id]
        assert found.ref.url is not None

    def test_materialize_runs_through_it_and_says_how_it_went(self, project: ProjectFolder) -> None:
        """Its exit codes are those of the runner; the runner is there by its name."""
        assert project.phlo("materialize", "raw.orders").returncode == 0
        assert newest(project).orchestrator == "dagster"
        held = project.phlo("materialize", "raw.bad,marts.after")
        assert held.returncode == 12
        assert "held back" in held.stdout
        assert project.phlo("materialize", "raw.orders", "--no-wait").returncode == 0
        until(lambda: newest(project).state == "succeeded")
        alone = project.phlo("materialize", "raw.orders", "--orchestrator", "runner")
        assert alone.returncode == 0
        assert newest(project).orchestrator == "runner"

    def test_ctrl_c_cancels_the_run_in_dagster_too(
        self, project: ProjectFolder, client: DagsterClient
    ) -> None:
        """Whoever waits for it, ends it."""
        (project.root / "slow.pid").unlink(missing_ok=True)
        with project.start("materialize", "raw.slow") as process:
            pid = self.pid_of_slow(project)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        assert process.returncode == 130
        run = newest(project)
        assert run.state == "cancelled"
        [status] = [one for one in client.runs(limit=5).items if one.ref.id == run.id]
        assert self.ended(client, status.ref).state == "cancelled"
        until(lambda: identity(pid) is None)

    @pytest.mark.parametrize("name", ["code", "step"])
    def test_what_is_killed_ends_the_run_and_the_next_one_succeeds(
        self, project: ProjectFolder, client: DagsterClient, name: str
    ) -> None:
        """The run has an end that says so, and nothing is lost or doubled."""
        (project.root / "slow.pid").unlink(missing_ok=True)
        asked = project.phlo("materialize", "raw.slow", "--no-wait")
        assert asked.returncode == 0, asked.stderr
        slow, run = self.pid_of_slow(project), newest(project).id
        os.kill(slow if name == "step" else process_of(project, name), signal.SIGKILL)
        until(lambda: identity(slow) is None)

        def state() -> str:
            # Any command puts right what a killed process could not say.
            return str(project.json("runs", "show", run)["run"]["state"])

        until(lambda: state() in ("failed", "cancelled"))
        assert "raw.slow" not in {one["name"] for one in project.json("tables")["tables"]}
        until(lambda: client.health().is_good, 240)
        assert project.phlo("materialize", "raw.orders").returncode == 0
        assert project.rows("select count(*) from raw.orders") == [[2]]
