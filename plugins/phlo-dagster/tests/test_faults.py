"""What becomes of runs when parts of Dagster are killed or stopped; its storage is Postgres."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from phlo.orchestration.client import RunRequest, RunState
from phlo.orchestration.process import identity
from phlo.orchestration.store import Store
from phlo.testing.orchestrator_project import OrchestratorProject, until

if TYPE_CHECKING:
    from phlo.orchestration.client import OrchestratorClient
    from phlo.testing.folder import ProjectFolder


def process_of(project: ProjectFolder, name: str) -> int | None:
    """Return the pid of one of the service's processes, as its shim has written it down."""
    [file] = project.root.glob(f".phlo/native/**/states/dagster.{name}.json")
    child = json.loads(file.read_text(encoding="utf-8"))["child"]
    return int(child[0]) if child else None


def newest(project: ProjectFolder) -> str:
    with Store.open(project.root) as store:
        return store.runs(1)[0].id


def kill(project: ProjectFolder, name: str) -> None:
    """Kill one of the three processes, and wait until another one is in its place."""
    pid = process_of(project, name)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: process_of(project, name) not in (pid, None))


@pytest.mark.server
class TestDagsterWithPostgres(OrchestratorProject):
    """One server for all of them; the order is that of a bad day."""

    orchestrator = "dagster"
    others = ("postgres",)

    def begun(self, project: ProjectFolder) -> tuple[str, int]:
        """Start a run that takes minutes; return it and the process of its step."""
        (project.root / "slow.pid").unlink(missing_ok=True)
        asked = project.phlo("materialize", "raw.slow", "--no-wait")
        assert asked.returncode == 0, asked.stderr
        return newest(project), self.pid_of_slow(project)

    def state(self, project: ProjectFolder, run: str) -> str:
        """Return how a run stands; any command puts right what a killed process could not say."""
        return str(project.json("runs", "show", run)["run"]["state"])

    def require_next(self, project: ProjectFolder) -> None:
        """What comes after it is made, once, and nothing is left of what was killed."""
        done = project.phlo("materialize", "raw.orders,marts.totals")
        assert done.returncode == 0, done.stdout + done.stderr
        with Store.open(project.root) as store:
            assert store.runs(1)[0].orchestrator == "dagster"
        assert project.rows("select count(*) from raw.orders") == [[2]]
        assert project.rows("select count(*) from marts.totals") == [[2]]
        names = [one["name"] for one in project.json("tables")["tables"]]
        assert sorted(names) == ["marts.totals", "raw.orders"]
        assert [one["name"] for one in project.json("branch", "list")["branches"]] == ["main"]

    def ask(self, project: ProjectFolder, sql: str, *values: str) -> list[tuple[str, ...]]:
        """Ask Dagster's own database."""
        import psycopg  # comes with phlo-postgres, which only these tests need

        services = {one["name"]: one for one in project.json("services", "status")["services"]}
        password = project.phlo("secrets", "show", "postgres.password").stdout.strip()
        with psycopg.connect(
            host="127.0.0.1", port=services["postgres"]["endpoints"][0]["port"],
            user="postgres", password=password, dbname="dagster",
        ) as database:  # fmt: skip
            return database.execute(sql, values).fetchall()

    def test_its_runs_are_in_postgres(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        self.require_next(project)
        run = newest(project)
        asked = "select run_id from run_tags where key = 'phlo/run_id' and value = %s"
        [(own,)] = self.ask(project, asked, run)
        assert len(own) == 36
        assert not list((project.root / ".phlo/native/dagster").rglob("runs.db"))

    def test_a_run_that_never_got_into_the_queue_is_launched_anew(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """As the database leaves it that ends between a run's row and its place in the queue."""
        request = RunRequest(("raw.orders",), key="half-launched")
        first = client.launch(request)
        until(lambda: client.status(first).state is RunState.SUCCEEDED)
        made = "select run_id from run_tags where key = 'phlo/run_id' and value = 'half-launched'"
        [(own,)] = self.ask(project, made)
        self.ask(project, "update runs set status = 'NOT_STARTED' where run_id = %s"
                          " returning run_id", own)  # fmt: skip
        assert client.status(first).state is RunState.QUEUED
        again = client.launch(request)
        assert again.id == first.id
        until(lambda: client.status(again).state is RunState.SUCCEEDED)
        [(other,)] = self.ask(project, made)
        assert other != own

    def test_a_killed_code_server_ends_its_runs(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        run, step = self.begun(project)
        kill(project, "code")
        until(lambda: identity(step) is None)
        until(lambda: self.state(project, run) in ("failed", "cancelled"))
        self.require_next(project)

    def test_a_killed_step_fails_its_run(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        run, step = self.begun(project)
        os.kill(step, signal.SIGKILL)
        until(lambda: self.state(project, run) == "failed")
        [status] = [one for one in client.runs(limit=3).items if one.ref.id == run]
        assert self.ended(client, status.ref).state == "failed"
        self.require_next(project)

    @pytest.mark.parametrize("name", ["daemon", "web"])
    def test_a_run_goes_on_without_the_daemon_or_the_webserver(
        self, project: ProjectFolder, client: OrchestratorClient, name: str
    ) -> None:
        """Whoever waits for it goes on waiting, and can end it when they are there again."""
        (project.root / "slow.pid").unlink(missing_ok=True)
        with project.start("materialize", "raw.slow") as waiting:
            try:
                step, run = self.pid_of_slow(project), newest(project)
                kill(project, name)
                until(lambda: client.health().is_good, 240)
                assert identity(step) is not None
                assert waiting.poll() is None
                cancelled = project.json("runs", "cancel", run)["run"]["state"]
                assert cancelled in ("cancelled", "cancelling")
                out, err = waiting.communicate(timeout=120)
            finally:
                waiting.kill()
        assert waiting.returncode == 130, out + err
        until(lambda: identity(step) is None)
        self.require_next(project)

    def test_without_it_the_runner_makes_runs_and_it_knows_its_own_after_a_restart(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        before = [one.ref.id for one in client.runs(limit=5).items]
        assert project.phlo("services", "stop", "dagster").returncode == 0
        done = project.phlo("materialize", "raw.orders")
        assert done.returncode == 0, done.stderr
        assert "'dagster' does not run, so phlo's own runner does it" in done.stderr
        with Store.open(project.root) as store:
            assert store.runs(1)[0].orchestrator == "runner"
        refused = project.phlo("materialize", "raw.orders", "--orchestrator", "dagster")
        assert refused.returncode == 12
        assert "PHLO-D974" in refused.stderr
        assert "phlo services start" in refused.stderr
        self.start_services(project)
        until(lambda: client.health().is_good, 240)
        assert [one.ref.id for one in client.runs(limit=5).items] == before
        self.require_next(project)

    def test_stopped_in_the_middle_of_a_run_it_leaves_nothing_behind(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        run, step = self.begun(project)
        assert project.phlo("services", "stop").returncode == 0
        until(lambda: identity(step) is None)
        until(lambda: self.state(project, run) in ("failed", "cancelled"))
        self.start_services(project)
        until(lambda: client.health().is_good, 240)
        status = self.ended(client, self.made(client, RunRequest(("raw.orders",))).ref)
        assert status.state == "succeeded"
        self.require_next(project)
