from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from phlo.errors import PhloError
from phlo.model.checks import CheckOutcome, CheckSpec
from phlo.orchestration import store_file
from phlo.orchestration.events import Event, EventType
from phlo.orchestration.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def a_run(store: Store, run_id: str, *assets: str, state: str | None = "succeeded") -> None:
    steps = [[asset, None] for asset in assets]
    store.record(Event(EventType.RUN_STARTED, run_id, data={"assets": assets, "steps": steps}))
    for asset in assets:
        store.record(Event(EventType.STEP_STARTED, run_id, asset))
        if state:
            store.record(Event(EventType.STEP_ENDED, run_id, asset, data={"state": state}))
    if state:
        store.record(Event(EventType.RUN_ENDED, run_id, data={"state": state}))


def outcome(status: str, table: str = "raw.x", name: str = "not_null:a") -> dict[str, object]:
    spec = CheckSpec(name, "not_null", ("a",))
    return CheckOutcome(spec, table, "main", 1, status).as_json()  # type: ignore[arg-type]


def test_a_run_is_told_as_its_events_say(store: Store) -> None:
    steps = [["raw.x", None], ["raw.y", "eu"]]
    facts = {"assets": ["raw.x", "raw.y"], "steps": steps, "selection": "raw.*", "pid": 7}
    store.record(Event(EventType.RUN_QUEUED, "r", data=facts))
    queued = store.run("r")
    store.record(Event(EventType.RUN_STARTED, "r", data={**facts, "pid": 8}))
    store.record(Event(EventType.STEP_STARTED, "r", "raw.x"))
    store.record(Event(EventType.STEP_PROGRESS, "r", "raw.x", data={"rows_in": 5, "stage": "w"}))
    moving = store.steps("r")[0]
    store.record(
        Event(EventType.STEP_ENDED, "r", "raw.x", data={"state": "succeeded", "rows_in": 9})
    )
    store.record(Event(EventType.STEP_ENDED, "r", "raw.y", "eu", {"state": "skipped"}))
    store.record(Event(EventType.RUN_ENDED, "r", data={"state": "failed", "error": {"code": "x"}}))

    assert queued is not None
    assert (queued.state, queued.started_at, queued.pid) == ("queued", None, 7)
    assert (moving.state, moving.rows_in, moving.stage) == ("running", 5, "w")
    run, (x, y) = store.run("r"), store.steps("r")
    assert run is not None
    assert (run.state, run.pid, run.selection, run.error) == ("failed", 8, "raw.*", {"code": "x"})
    assert (x.state, x.rows_in, x.stage) == ("succeeded", 9, None)
    assert (y.asset, y.partition, y.state) == ("raw.y", "eu", "skipped")


def test_numbers_of_events_only_grow_though_progress_is_forgotten(store: Store) -> None:
    a_run(store, "a", "raw.x", state=None)
    last = store.record(Event(EventType.STEP_PROGRESS, "a", "raw.x", data={"rows_in": 1}))
    store.record(Event(EventType.STEP_ENDED, "a", "raw.x", data={"state": "succeeded"}))
    types = [event.type for event in store.events("a")]

    assert "step.progress" not in types
    assert store.events(after=last)[0].type == "step.ended"
    assert store.last_event() == last + 1


def test_runs_come_page_by_page_the_newest_first(store: Store) -> None:
    for number in range(5):
        a_run(store, f"r{number}", "raw.x" if number % 2 else "raw.y")

    first = store.runs(2)
    assert [run.id for run in first] == ["r4", "r3"]
    assert [run.id for run in store.runs(9, before=first[-1].id)] == ["r2", "r1", "r0"]
    assert [run.id for run in store.runs(asset="raw.x")] == ["r3", "r1"]


def test_active_runs_are_those_not_over(store: Store) -> None:
    a_run(store, "over", "raw.x")
    a_run(store, "running", "raw.x", state=None)

    assert [run.id for run in store.runs(state="active")] == ["running"]


def test_checks_tell_the_latest_outcome_and_those_before(store: Store) -> None:
    for status in ("passed", "failed", "passed"):
        store.record(
            Event(EventType.CHECK_EXECUTED, "r", "raw.x", data={"outcome": outcome(status)})
        )
    store.record(Event(EventType.CHECK_EXECUTED, "r", data={"outcome": outcome("failed", "raw.y")}))

    x, y = store.checks()
    assert (x.table, x.outcome.status, x.history) == (
        "raw.x", "passed", ("passed", "failed", "passed"),
    )  # fmt: skip
    assert (y.table, y.history) == ("raw.y", ("failed",))
    assert [r.outcome.status for r in store.check_history("raw.x", "not_null:a", 2)] == [
        "passed", "failed",
    ]  # fmt: skip
    assert store.checks("raw.y") == (y,)


def test_a_publish_moves_the_assets_cursor_with_it(store: Store) -> None:
    made = {"rows_total": 3, "snapshot_id": 2**62, "inputs": {"raw.y": 1}, "state": {"at": "b"}}
    store.record(Event(EventType.MATERIALIZED, "r", "raw.x", data=made))
    store.record(Event(EventType.MATERIALIZED, "r", "raw.z", "eu", {"rows_total": 1}))

    last = store.latest_materializations()
    assert (last["raw.x"].rows_total, last["raw.x"].snapshot_id) == (3, 2**62)
    assert last["raw.x"].inputs == {"raw.y": 1}
    assert store.asset_state("raw.x") == {"at": "b"}
    assert store.asset_state("raw.z", "eu") == {}
    assert list(store.partitions("raw.z")) == ["eu"]


def test_an_event_that_cannot_be_applied_is_not_kept(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.record(
            Event(EventType.LOG, "r", data={"message": "before"}),
            Event(EventType.STEP_STARTED, "no-such-run", "raw.x"),
        )

    assert store.events() == ()


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with Store.open(tmp_path) as store:
            for line in range(20):
                store.record(Event(EventType.LOG, f"r{number}", data={"message": str(line)}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with Store.open(tmp_path) as store:
        assert len(store.events()) == 80


def test_many_may_be_first(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def first(_: int) -> None:
        barrier.wait(10)
        Store.open(tmp_path).close()

    for attempt in range(5):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(first, range(8)))
        (tmp_path / ".phlo").rename(tmp_path / f"before-{attempt}")


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        a_run(store, "r", "raw.x")
        pages = store._rows("PRAGMA page_count")[0]["page_count"]
        store._rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(PhloError) as error:
            store.record(Event(EventType.LOG, "r", data={"message": "x" * 1_000_000}))
        assert error.value.code == "PHLO-D964"
        assert [run.id for run in store.runs()] == ["r"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".phlo").write_text("in the way")

    with pytest.raises(PhloError) as error:
        Store.open(tmp_path)
    assert error.value.code == "PHLO-D964"


def test_a_newer_store_is_refused_with_the_version_that_reads_it(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / store_file.FILE)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("UPDATE written_by SET phlo = '7.1.0'")

    with pytest.raises(PhloError) as error:
        Store.open(tmp_path)
    assert error.value.code == "PHLO-D951"
    assert "phlo>=7.1.0" in error.value.fix.text


def test_an_older_store_is_copied_aside_and_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path) as store:
        a_run(store, "r", "raw.x")
    schema = len(store_file.MIGRATIONS)
    monkeypatch.setattr(
        store_file,
        "MIGRATIONS",
        (*store_file.MIGRATIONS, "ALTER TABLE runs ADD COLUMN host TEXT"),
    )

    with Store.open(tmp_path) as store:
        assert [run.id for run in store.runs()] == ["r"]
    file = tmp_path / store_file.FILE
    with (
        closing(sqlite3.connect(file)) as now,
        closing(sqlite3.connect(file.with_name(f"phlo.db.schema-{schema}"))) as before,
    ):
        assert now.execute("PRAGMA user_version").fetchone() == (schema + 1,)
        assert before.execute("PRAGMA user_version").fetchone() == (schema,)
        assert before.execute("SELECT id FROM runs").fetchall() == [("r",)]


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(tmp_path).close()
    broken = (*store_file.MIGRATIONS, "ALTER TABLE runs ADD COLUMN host TEXT;\nNO SQL")
    monkeypatch.setattr(store_file, "MIGRATIONS", broken)
    with pytest.raises(PhloError):
        Store.open(tmp_path)
    monkeypatch.undo()

    with Store.open(tmp_path) as store:
        assert store.runs() == ()


def test_a_file_that_is_no_database_is_told_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / store_file.FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database" * 100)

    with pytest.raises(PhloError) as error:
        Store.open(tmp_path)
    assert error.value.code == "PHLO-D952"
    assert "no table is lost" in error.value.fix.text


def test_the_folder_of_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).close()

    assert (tmp_path / store_file.FILE).parent.stat().st_mode & 0o777 == 0o700
