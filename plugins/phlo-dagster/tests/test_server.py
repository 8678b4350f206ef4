"""A real Dagster with its SQLite storage: what every orchestrator does, and what is its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from phlo.orchestration.process import identity
from phlo.orchestration.store import Store
from phlo.testing.orchestrator_project import until
from phlo.testing.orchestrators import OrchestratorConformance
from phlo_dagster import graphql

if TYPE_CHECKING:
    from phlo.orchestration.records import RunRecord
    from phlo.testing.folder import ProjectFolder
    from phlo_dagster.client import DagsterClient


def newest(project: ProjectFolder) -> RunRecord:
    with Store.open(project.root) as store:
        return store.runs(1)[0]


def ask_api(project: ProjectFolder, path: str) -> dict[str, Any]:
    """Return what phlo-api says to whom has its token."""
    services = {one["name"]: one for one in project.json("services", "status")["services"]}
    token = project.phlo("secrets", "show", "phlo-api.token").stdout.strip()
    answer = httpx.get(
        f"{services['phlo-api']['endpoints'][0]['url']}/api/v1/{path}",
        headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


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
        # Where the browser gets it from, with the link to its page there.
        assert run.id in {one["id"] for one in ask_api(project, "runs")["items"]}
        until(lambda: ask_api(project, f"runs/{run.id}")["url"] == found.ref.url)
        assert httpx.get(found.ref.url, trust_env=False, timeout=60).status_code == 200

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
