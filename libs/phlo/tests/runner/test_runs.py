"""Runs as users start them: the command, its process, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from phlo.lakehouse.lake import Lake
from phlo.orchestration.process import identity, is_alive
from phlo.orchestration.store import Store
from phlo.runner.attend import attending
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phlo.orchestration.records import RunRecord

pytestmark = pytest.mark.embedded

SLOW = """
    import time
    import pyarrow as pa
    import phlo

    @phlo.ingestion(table="raw.quick")
    def quick():
        return [{"id": 1}]

    @phlo.ingestion(table="raw.slow", key="id")
    def slow(quick: phlo.Table):
        for batch in range(200):
            first = batch * 150_000
            yield pa.table({"id": pa.array(range(first, first + 150_000))})
            time.sleep(0.1)

    @phlo.asset(table="marts.after")
    def after(slow: phlo.Table):
        return slow
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "lake")


def until(found: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def runs(project: ProjectFolder) -> tuple[RunRecord, ...]:
    with Store.open(project.root) as store:
        return store.runs()


def states(project: ProjectFolder) -> dict[str, str]:
    with Store.open(project.root) as store:
        return {step.asset: step.state for step in store.steps(store.runs(1)[0].id)}


def rows_so_far(project: ProjectFolder, asset: str) -> int:
    with Store.open(project.root) as store:
        found = store.runs(1)
        steps = store.steps(found[0].id) if found else ()
        return next((step.rows_in or 0 for step in steps if step.asset == asset), 0)


def refs(project: ProjectFolder) -> list[str]:
    return [ref.name for ref in Lake(project.root / ".phlo" / "lake").refs()]


def is_whole(project: ProjectFolder) -> bool:
    """Whether every file is one that a table needs."""
    swept = Lake(project.root / ".phlo" / "lake").sweep(grace=timedelta(0))
    return swept.files == 0


def test_a_run_publishes_in_order_and_a_second_one_changes_nothing(project: ProjectFolder) -> None:
    project.write("data/orders.csv", "id,customer,amount\n1,a,2.5\n2,b,3.5\n3,a,4\n")
    project.write(
        "workflows/ingest.py",
        """
        import phlo

        @phlo.ingestion(table="raw.orders")
        def orders():
            return phlo.files("data/*.csv")
        """,
    )
    project.write(
        "workflows/marts/totals.sql",
        """
        /* phlo
        key: customer
        checks: [{unique: customer}]
        */
        select customer, sum(amount) as amount from raw.orders group by customer
        """,
    )
    project.write(
        "workflows/py.py",
        """
        import phlo

        @phlo.asset(table="marts.best")
        def best(totals: phlo.Table):
            return phlo.sql("select * from {totals} where amount > 4")
        """,
    )
    first = project.json("materialize")
    assert [(s["asset"], s["state"], s["rows_total"]) for s in first["steps"]] == [
        ("raw.orders", "succeeded", 3),
        ("marts.totals", "succeeded", 2),
        ("marts.best", "succeeded", 1),
    ]
    assert project.rows("select customer, amount from marts.totals order by 1") == [
        ["a", 6.5], ["b", 3.5],
    ]  # fmt: skip
    before = Lake(project.root / ".phlo" / "lake").locations()

    second = project.json("materialize")
    assert {s["reason"] for s in second["steps"]} == {"unchanged"}
    assert Lake(project.root / ".phlo" / "lake").locations() == before

    project.write("data/orders.csv", "id,customer,amount\n1,a,2.5\n2,b,9.5\n")
    third = project.json("materialize")
    assert [(s["asset"], s["reason"], s["rows_total"]) for s in third["steps"]] == [
        ("raw.orders", None, 2), ("marts.totals", None, 2), ("marts.best", None, 1),
    ]  # fmt: skip
    assert project.rows("select customer from marts.best") == [["b"]]


def test_a_partition_of_a_query_is_made_alone(project: ProjectFolder) -> None:
    project.write(
        "workflows/raw/events.sql",
        """
        select (date '2026-01-01' + cast(n // 10 as integer))::timestamp as ts, n
        from range(30) as r(n)
        """,
    )
    project.write(
        "workflows/marts/days.sql",
        """
        /* phlo
        materialized: incremental
        partitions: {daily: 2026-01-01, column: ts, end: 2026-01-03}
        */
        select ts, count(*) as n, random() as r from raw.events where {{ partition }} group by 1
        """,
    )
    assert project.phlo("materialize", "raw.events").returncode == 0
    asked = project.phlo("materialize", "marts.days")
    made = project.json("materialize", "marts.days", "--partition", "2026-01-01..2026-01-03")
    before = dict(project.rows("select ts, r from marts.days"))
    again = project.json("materialize", "marts.days", "--partition", "2026-01-02")
    after = dict(project.rows("select ts, r from marts.days"))

    assert asked.returncode == 3
    assert "--partition 2026-01-03" in asked.stderr
    assert [(s["partition"], s["state"]) for s in made["steps"]] == [
        ("2026-01-01", "succeeded"), ("2026-01-02", "succeeded"), ("2026-01-03", "succeeded"),
    ]  # fmt: skip
    assert again["run"]["state"] == "succeeded"
    assert [key for key in before if before[key] != after[key]] == ["2026-01-02T00:00:00"]
    full = project.json("materialize", "marts.days", "--full-refresh")
    assert len(full["steps"]) == 3
    assert project.rows("select count(*), sum(n)::int from marts.days") == [[3, 30]]


def test_a_query_runs_again_only_when_something_changed(project: ProjectFolder) -> None:
    project.write("workflows/raw/a.sql", "select 1 as n")
    project.write("workflows/marts/same.sql", "select n, n + 1 as m from raw.a")
    project.write("workflows/marts/moving.sql", "select n, now() as at_once from raw.a")
    reasons: Callable[..., dict[str, str]] = lambda *more: {  # noqa: E731
        s["asset"]: s["reason"] for s in project.json("materialize", *more)["steps"]
    }
    reasons()
    assert reasons() == {"raw.a": "unchanged", "marts.same": "unchanged", "marts.moving": None}
    project.write("workflows/marts/same.sql", "select n, n + 2 as m from raw.a")
    assert reasons("stale") == {"marts.same": None}
    assert project.rows("select m from marts.same") == [[3]]
    project.write("workflows/raw/a.sql", "select 7 as n")
    assert reasons("stale") == {"raw.a": None, "marts.same": None, "marts.moving": None}
    assert project.rows("select m from marts.same") == [[9]]
    nothing = project.phlo("materialize", "stale")
    assert (nothing.returncode, nothing.stdout) == (0, "there was nothing to do\n")


def test_a_run_on_a_branch_leaves_main_alone(project: ProjectFolder) -> None:
    project.write("workflows/raw/a.sql", "select 1 as n")
    project.write("workflows/marts/b.sql", "select n from lake.raw.a")
    project.json("materialize")
    Lake(project.root / ".phlo" / "lake").create_branch("dev")
    project.write("workflows/raw/a.sql", "select 2 as n")
    made = project.json("materialize", "--ref", "dev")

    assert {s["state"] for s in made["steps"]} == {"succeeded"}
    assert project.rows("select n from marts.b") == [[1]]
    assert project.json("query", "select n from marts.b", "--ref", "dev")["rows"] == [[2]]
    assert project.phlo("materialize", "--ref", "deb").returncode == 12


def test_kill_9_in_the_middle_of_a_write_leaves_nothing_half(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    with project.start("materialize", "raw.quick,raw.slow,marts.after") as command:
        until(lambda: rows_so_far(project, "raw.slow") > 300_000)
        (run,) = runs(project)
        assert run.pid is not None
        os.kill(run.pid, signal.SIGKILL)
        _, err = command.communicate(timeout=60)

    assert command.returncode == 12
    assert "PHLO-D957" in err
    assert states(project) == {
        "raw.quick": "succeeded", "raw.slow": "failed", "marts.after": "skipped",
    }  # fmt: skip
    assert refs(project) == ["main"]
    assert project.rows("select count(*) from raw.quick") == [[1]]
    assert project.json("tables")["tables"][0]["name"] == "raw.quick"
    assert is_whole(project)


def test_kill_9_of_both_processes_is_put_right_by_the_next_command(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    with project.start("materialize", "raw.quick,raw.slow") as command:
        until(lambda: rows_so_far(project, "raw.slow") > 300_000)
        (run,) = runs(project)
        assert run.pid is not None
        command.kill()
        os.kill(run.pid, signal.SIGKILL)
        command.communicate()
    until(lambda: not is_alive(run.pid, run.process))
    assert runs(project)[0].state == "running"
    assert len(refs(project)) == 2
    again = project.json("materialize", "raw.quick")

    assert again["run"]["state"] == "succeeded"
    assert runs(project)[1].state == "failed"
    assert refs(project) == ["main"]
    assert is_whole(project)


KILLED = """
import os, sys
from phlo.orchestration.events import EventType
from phlo.orchestration.store import Store
from phlo.orchestration.world import RunOptions
from phlo.project import Project

record = Store.record
def killing(self, *events):
    if any(event.type is EventType.MATERIALIZED for event in events):
        os.kill(os.getpid(), 9)
    return record(self, *events)
Store.record = killing
Project.open(sys.argv[1]).execute(["raw.x"], RunOptions("r1"))
"""


def test_kill_9_between_publish_and_record_is_completed(project: ProjectFolder) -> None:
    project.write(
        "workflows/a.py",
        """
        import phlo

        @phlo.ingestion(table="raw.x")
        def x(context: phlo.Context):
            begin = context.state.get("next", 0)
            context.state["next"] = begin + 2
            return [{"id": begin}, {"id": begin + 1}]
        """,
    )
    environ = os.environ | dict(project.settings)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(project.root)], timeout=120, env=environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert runs(project)[0].state == "running"
    project.json("runs", "list")
    with Store.open(project.root) as store:
        run, (step,) = store.run("r1"), store.steps("r1")
        made = store.latest_materializations()["raw.x"]
        state = store.asset_state("raw.x")

    assert run is not None
    assert (run.state, step.state, step.rows_total) == ("succeeded", "succeeded", 2)
    assert (made.run_id, made.rows_total, state) == ("r1", 2, {"next": 2})
    assert refs(project) == ["main"]
    project.json("materialize")
    assert project.rows("select id from raw.x order by 1") == [[0], [1], [2], [3]]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_cancels_the_run_cleanly(
    project: ProjectFolder, number: signal.Signals, code: int
) -> None:
    project.write("workflows/a.py", SLOW)
    with project.start("materialize", "raw.quick,raw.slow,marts.after") as command:
        until(lambda: rows_so_far(project, "raw.slow") > 0)
        command.send_signal(number)
        out, err = command.communicate(timeout=60)

    assert command.returncode == code
    assert "Traceback" not in out + err
    assert states(project) == {
        "raw.quick": "succeeded", "raw.slow": "cancelled", "marts.after": "cancelled",
    }  # fmt: skip
    assert runs(project)[0].state == "cancelled"
    assert refs(project) == ["main"]


def test_a_run_ends_when_the_command_that_started_it_is_killed(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    with project.start("materialize", "raw.quick,raw.slow") as command:
        until(lambda: rows_so_far(project, "raw.slow") > 0)
        command.kill()
        command.communicate()
    (run,) = runs(project)
    until(lambda: identity(run.pid) != run.process)

    assert runs(project)[0].state == "cancelled"
    assert refs(project) == ["main"]


def test_a_run_may_go_on_by_itself_and_be_cancelled(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    started = project.json("materialize", "raw.quick,raw.slow", "--no-wait", "--run-id", "mine")
    assert started["run"]["state"] == "queued"
    until(lambda: rows_so_far(project, "raw.slow") > 0)
    cancelled = project.json("runs", "cancel", "mine")

    assert cancelled["run"]["state"] == "cancelled"
    assert project.phlo("runs", "cancel", "mine").returncode == 12
    assert "PHLO-D958" in project.phlo("materialize", "--run-id", "mine").stderr


def test_a_run_may_be_cancelled_before_it_begins(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    project.json("materialize", "raw.slow,raw.quick", "--no-wait", "--run-id", "mine")
    cancelled = project.json("runs", "cancel", "mine")

    assert cancelled["run"]["state"] == "cancelled"
    assert set(states(project).values()) <= {"cancelled", "succeeded"}
    assert refs(project) == ["main"]


def test_ctrl_c_before_the_run_begins_is_no_failure(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    with project.start("materialize", "raw.slow,raw.quick") as command:
        until(lambda: runs(project))
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=60)

    assert command.returncode == 130
    assert "Traceback" not in err
    assert runs(project)[0].state == "cancelled"


def test_a_signal_that_comes_before_the_process_is_kept_for_it() -> None:
    with attending() as attention:
        os.kill(os.getpid(), signal.SIGTERM)
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        assert process.poll() is None
        attention.attend(process)
        assert process.wait(timeout=30) == -signal.SIGTERM
    assert attention.signal_number == signal.SIGTERM


def test_runs_at_once_lose_and_double_nothing(project: ProjectFolder) -> None:
    project.write(
        "workflows/a.py",
        """
        import os, time
        import phlo

        @phlo.ingestion(table="raw.x")
        def x(context: phlo.Context):
            time.sleep(0.5)
            return [{"run": context.run_id, "n": n} for n in range(10)]
        """,
    )
    project.phlo("manifest")
    commands = [project.start("materialize", "--run-id", f"r{n}", "--json") for n in range(3)]
    for command in commands:
        with command:
            _, err = command.communicate(timeout=120)
            assert command.returncode == 0, err

    assert project.rows("select run, count(*) from raw.x group by 1 order by 1") == [
        ["r0", 10], ["r1", 10], ["r2", 10],
    ]  # fmt: skip
    assert refs(project) == ["main"]


def test_steps_run_for_an_orchestrator_write_their_events_to_its_file(
    project: ProjectFolder,
) -> None:
    import json

    project.write(
        "workflows/a.py",
        """
        import phlo
        from phlo.checks import unique

        @phlo.ingestion(table="raw.x", checks=[unique("id")])
        def x():
            print("asking")
            return [{"id": 1}, {"id": 1}]
        """,
    )
    file = project.root / "events.jsonl"
    done = project.phlo(
        "exec", "raw.x", PHLO_RUN_ID="theirs", PHLO_EVENTS_FILE=str(file),
        PHLO_ORCHESTRATOR="dagster",
    )  # fmt: skip
    events = [json.loads(line) for line in file.read_text().splitlines()]

    assert done.returncode == 12
    assert done.stdout.splitlines()[0] == "raw.x: asking"
    assert "raw.x: held_back" in done.stdout
    assert {event["run_id"] for event in events} == {"theirs"}
    assert [e["type"] for e in events if e["type"] in ("check.executed", "held_back")] == [
        "check.executed", "held_back",
    ]  # fmt: skip
    assert runs(project)[0].orchestrator == "dagster"


def test_a_run_whose_process_cannot_begin_is_told(project: ProjectFolder) -> None:
    project.write("workflows/a.py", SLOW)
    project.phlo("manifest")
    broken = "import os, sys\nif 'exec' in sys.argv: os._exit(7)\n"
    project.write("site/sitecustomize.py", broken)
    done = project.phlo("materialize", "raw.quick", PYTHONPATH=str(project.root / "site"))

    assert done.returncode == 12
    assert "PHLO-D957" in done.stderr
    assert runs(project)[0].state == "failed"
