"""The tests that every orchestrator passes, phlo's own runner and those of packages.

class TestDagster(OrchestratorConformance):
    orchestrator = "dagster"

They start the real program once for the class, natively, beside phlo-api, and ask it through its
client as phlo does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from phlo.errors.orchestrator import UnknownSchedule
from phlo.errors.runs import UnknownRun
from phlo.orchestration.client import Can, RunRef, RunRequest, RunState
from phlo.orchestration.events import Event, EventType
from phlo.orchestration.process import identity
from phlo.orchestration.store import Store
from phlo.project import Project
from phlo.testing.orchestrator_project import OrchestratorProject, until

if TYPE_CHECKING:
    from phlo.orchestration.client import OrchestratorClient
    from phlo.testing.folder import ProjectFolder


class OrchestratorConformance(OrchestratorProject):
    """Subclass it and name the orchestrator."""

    def test_it_is_healthy_and_has_loaded_the_assets(self, client: OrchestratorClient) -> None:
        """It is healthy, and has loaded what the manifest holds."""
        until(lambda: client.health().is_good, self.patience)
        found = client.definitions()
        assert found.errors == ()
        assert {"raw.orders", "marts.totals", "raw.slow"} <= found.assets

    def test_a_run_makes_exactly_the_assets_that_were_named(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """Nothing downstream runs with it; what it logged is read."""
        status = self.made(client, RunRequest(("raw.orders",)))
        assert status.state is RunState.SUCCEEDED
        record = self.record(project, status)
        assert (record.state, record.orchestrator) == ("succeeded", self.orchestrator)
        assert record.assets == ("raw.orders",)
        assert [row[0] for row in project.rows("select id from raw.orders order by 1")] == [1, 2]
        lines = [line.text for line in self.log(client, status.ref)]
        assert any("two orders came in" in line for line in lines)
        assert status.started is not None
        assert status.ended is not None
        assert status.ended >= status.started

    def test_many_run_in_their_order_and_cascade_takes_in_what_reads_them(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """Each of many runs after what it reads; with `cascade`, what reads it follows."""
        for request in (
            RunRequest(("marts.totals", "raw.orders")),
            RunRequest(("raw.orders",), cascade=True),
        ):
            status = self.made(client, request)
            assert status.state is RunState.SUCCEEDED
            steps = self.steps(project, status)
            assert [asset for asset, _ in steps] == ["raw.orders", "marts.totals"]
        assert project.rows("select count(*) from marts.totals") == [[2]]

    def test_asked_twice_with_one_key_it_runs_once(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """A key makes it safe to ask again."""
        request = RunRequest(("raw.orders",), key="asked-twice")
        first, second = client.launch(request), client.launch(request)
        assert first.id == second.id
        self.ended(client, first)
        assert client.launch(request).id == first.id
        with Store.open(project.root) as store:
            assert [run.id for run in store.runs(100) if run.id == first.id] == [first.id]

    def test_a_partition_and_a_range_of_them_are_made(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """One day, then three of which it is one: each is there once."""
        for partition in ("2026-01-02", "2026-01-01..2026-01-03"):
            status = self.made(client, RunRequest(("raw.days",), partition=partition))
            assert status.state is RunState.SUCCEEDED
        keys = project.rows("select key from raw.days order by key")
        assert keys == [["2026-01-01"], ["2026-01-02"], ["2026-01-03"]]

    def test_a_check_that_fails_holds_back_and_stops_what_is_downstream(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """Main stays as it was; the check's result is there to be seen."""
        status = self.made(client, RunRequest(("raw.bad", "marts.after")))
        assert status.state is RunState.FAILED
        assert self.record(project, status).state == "failed"
        assert self.steps(project, status) == [
            ("raw.bad", "held_back"), ("marts.after", "skipped"),
        ]  # fmt: skip
        assert "raw.bad" not in Project.open(project.root).lake.tables()
        with Store.open(project.root) as store:
            [check] = store.checks("raw.bad")
            assert check.outcome.status == "failed"

    def test_a_function_that_raises_fails_its_run(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """What it raised is kept with the step."""
        status = self.made(client, RunRequest(("raw.raising",)))
        assert status.state is RunState.FAILED
        with Store.open(project.root) as store:
            [step] = store.steps(status.ref.id)
        assert step.state == "failed"
        assert step.error is not None
        assert "the shop is closed" in str(step.error)

    def test_cancel_ends_the_run_and_its_process(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """No process of it is left, and nothing that it wrote."""
        (project.root / "slow.pid").unlink(missing_ok=True)
        ref = client.launch(RunRequest(("raw.slow",)))
        pid = self.pid_of_slow(project)
        cancelled = project.json("runs", "cancel", ref.id)["run"]
        assert cancelled["state"] in ("cancelled", "cancelling")
        assert self.ended(client, ref).state is RunState.CANCELLED
        until(lambda: identity(pid) is None, 30)
        until(lambda: self.record_of(project, ref.id).state == "cancelled", 30)
        branches = project.json("branch", "list")["branches"]
        assert [one["name"] for one in branches] == ["main"]

    def test_what_is_edited_is_loaded_and_a_broken_file_keeps_the_rest(
        self, project: ProjectFolder, client: OrchestratorClient
    ) -> None:
        """A new asset is there after a reload; of a broken file, the last good assets stay."""
        file = project.write(
            "workflows/more.py",
            """
            import phlo

            @phlo.ingestion(table="raw.more")
            def more():
                return [{"a": 1}]
            """,
        )
        project.phlo("manifest")
        wanted = Project.open(project.root).manifest()
        fresh = Project.open(project.root).orchestrator(self.orchestrator)
        found = fresh.reload()
        until(lambda: "raw.more" in fresh.definitions().assets, 60)
        assert found.hash == wanted.hash
        file.write_text("import phlo\n@phlo.ingestion(table=")
        assert project.phlo("manifest").returncode == 3
        fresh = Project.open(project.root).orchestrator(self.orchestrator)
        assert {"raw.more", "raw.orders"} <= fresh.reload().assets
        assert self.made(fresh, RunRequest(("raw.orders",))).state is RunState.SUCCEEDED
        file.unlink()
        project.phlo("manifest")
        fresh.reload()

    def test_schedules_say_when_they_are_due_and_are_switched(
        self, client: OrchestratorClient
    ) -> None:
        """A schedule is on, is due next at a time that is to come, and can be off."""
        if Can.SCHEDULE_TOGGLE not in client.can:
            pytest.skip("it says that its schedules cannot be switched")
        [found] = client.schedules()
        assert (found.name, found.cron, found.on) == ("raw.orders", "0 3 * * *", True)
        assert found.next is not None
        assert found.next > datetime.now(UTC)
        assert (found.next.astimezone(UTC).hour, found.next.minute) == (3, 0)
        client.set_schedule("raw.orders", False)
        assert [one.on for one in client.schedules()] == [False]
        client.set_schedule("raw.orders", True)
        assert [one.on for one in client.schedules()] == [True]
        with pytest.raises(UnknownSchedule):
            client.set_schedule("raw.slow", True)

    def test_it_knows_who_reads_whom(self, client: OrchestratorClient) -> None:
        """Its graph is that of the workflow files."""
        assert {("raw.orders", "marts.totals"), ("raw.bad", "marts.after")} <= client.lineage()

    def test_a_run_that_is_not_there_is_unknown(self, client: OrchestratorClient) -> None:
        """Its state says so; to cancel it is an error."""
        ref = RunRef(self.orchestrator, "no-such-run")
        assert client.status(ref).state is RunState.UNKNOWN
        with pytest.raises(UnknownRun):
            client.cancel(ref)

    def test_runs_are_listed_the_newest_first(self, client: OrchestratorClient) -> None:
        """A page holds so many, and its cursor gives the next."""
        first = self.made(client, RunRequest(("raw.orders",)))
        second = self.made(client, RunRequest(("raw.orders",)))
        page = client.runs(limit=1)
        assert [one.ref.id for one in page.items] == [second.ref.id]
        following = client.runs(limit=1, cursor=page.cursor)
        assert [one.ref.id for one in following.items] == [first.ref.id]
        assert second.ref.id in {one.ref.id for one in client.runs(asset="raw.orders").items}

    def test_it_is_told_of_what_was_made_outside(self, client: OrchestratorClient) -> None:
        """A table that another made is known to it."""
        if Can.REPORT not in client.can:
            pytest.skip("it says that nothing can be told to it")
        client.report(
            [Event(EventType.MATERIALIZED, "elsewhere", "raw.orders", data={"ref": "main"})]
        )
        assert "raw.orders" in client.asset_states(["raw.orders", "no.such"])
