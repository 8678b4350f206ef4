"""Branches: nothing is seen before it is published, and all of it or nothing is published."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from phlo.errors.data import (
    BadRefName,
    CommitConflict,
    LakeTooNew,
    RefExists,
    UnknownRef,
    UnknownTable,
)
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path

OVERWRITE = WritePlan(mode="overwrite")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def put(lake: Lake, table: str, value: object, ref: str = "main") -> None:
    write(lake, table, [{"v": value}], OVERWRITE, ref=ref)


def get(lake: Lake, table: str, ref: str = "main") -> object:
    return lake.read(table, ref).read_all().to_pylist()[0]["v"]


def test_opening_a_lake_touches_nothing(lake: Lake) -> None:
    assert lake.tables() == ()
    assert lake.metadata_location("raw.t") is None
    assert [ref.name for ref in lake.refs()] == ["main"]
    assert lake.sweep().files == 0
    for call in (lake.tables, lake.publish, lake.drop_branch):
        with pytest.raises(UnknownRef):
            call("dev")
    assert not lake.folder.exists()


def test_a_branch_sees_its_source_and_hides_its_changes(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    put(lake, "raw.new", 3, "dev")
    assert (get(lake, "raw.a"), get(lake, "raw.a", "dev")) == (1, 2)
    assert (lake.tables(), lake.tables("dev")) == (("raw.a",), ("raw.a", "raw.new"))
    main, dev = lake.refs()
    assert (main.name, main.tables) == ("main", 1)
    assert (dev.name, dev.source, dev.changed) == ("dev", "main", ("raw.a", "raw.new"))


def test_publish_moves_all_changes_at_once(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    put(lake, "raw.gone", 1)
    put(lake, "raw.same", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    put(lake, "other.new", 3, "dev")
    lake.drop_table("raw.gone", "dev")
    published = lake.publish("dev")
    assert [(p.table, p.before is None, p.after is None) for p in published] == [
        ("other.new", True, False),
        ("raw.a", False, False),
        ("raw.gone", False, True),
    ]
    assert lake.tables() == ("other.new", "raw.a", "raw.same")
    assert (get(lake, "raw.a"), get(lake, "other.new")) == (2, 3)
    assert lake.publish("dev") == ()
    (record,) = lake.publications("dev")
    assert (record.target, record.tables) == ("main", published)


def test_a_branch_goes_on_after_its_publish(lake: Lake) -> None:
    lake.create_branch("dev")
    for value in (1, 2, 3):
        put(lake, "raw.a", value, "dev")
        assert [p.table for p in lake.publish("dev")] == ["raw.a"]
        assert get(lake, "raw.a") == value
    lake.drop_branch("dev")
    assert get(lake, "raw.a") == 3
    assert len(lake.publications("dev")) == 3


def test_a_table_that_moved_on_main_stops_the_whole_publish(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    put(lake, "raw.b", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    put(lake, "raw.b", 2, "dev")
    put(lake, "raw.new", 2, "dev")
    put(lake, "raw.b", 9)
    with pytest.raises(CommitConflict, match=r"'raw\.b'") as caught:
        lake.publish("dev")
    assert caught.value.tables == ("raw.b",)
    assert (get(lake, "raw.a"), get(lake, "raw.b")) == (1, 9)
    assert lake.tables() == ("raw.a", "raw.b")
    assert lake.publications("dev") == ()
    lake.publish("dev", tables=["raw.a"])
    assert get(lake, "raw.a") == 2


def test_two_branches_that_make_one_table_do_not_both_publish(lake: Lake) -> None:
    for name in ("one", "two"):
        lake.create_branch(name)
        put(lake, "raw.a", name, name)
    lake.publish("one")
    with pytest.raises(CommitConflict):
        lake.publish("two")
    assert get(lake, "raw.a") == "one"


def test_a_table_dropped_on_main_stops_a_publish(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    lake.drop_table("raw.a")
    with pytest.raises(CommitConflict):
        lake.publish("dev")


def test_a_branch_of_a_branch_publishes_to_it(lake: Lake) -> None:
    lake.create_branch("dev")
    put(lake, "raw.a", 1, "dev")
    lake.create_branch("run/1/raw.a", "dev")
    put(lake, "raw.a", 2, "run/1/raw.a")
    lake.publish("run/1/raw.a", target="dev")
    assert get(lake, "raw.a", "dev") == 2
    assert lake.tables() == ()


def test_many_commits_on_a_branch_leave_main_readable(lake: Lake) -> None:
    """Old metadata files of one ref are the present ones of another: nobody may delete them."""
    put(lake, "raw.a", 0)
    lake.create_branch("dev")
    for value in range(1, 26):
        put(lake, "raw.a", value, "dev")
    assert get(lake, "raw.a") == 0
    lake.sweep()
    assert get(lake, "raw.a") == 0
    lake.publish("dev")
    assert get(lake, "raw.a") == 25


def test_names_and_refs_that_are_not_are_refused(lake: Lake) -> None:
    put(lake, "raw.orders", 1)
    lake.create_branch("dev")
    for name in ("dev", "main"):
        with pytest.raises(RefExists):
            lake.create_branch(name)
    for name in ("", "a b", "-x", "x" * 300):
        with pytest.raises(BadRefName):
            lake.create_branch(name)
    with pytest.raises(UnknownRef, match="'nope'"):
        lake.create_branch("x", "nope")
    for call in (lake.publish, lake.drop_branch, lake.tables):
        with pytest.raises(UnknownRef) as caught:
            call("dve")
        assert "'dev'" in caught.value.fix.text
    with pytest.raises(BadRefName):
        lake.drop_branch("main")
    with pytest.raises(UnknownTable) as missing:
        lake.describe("raw.order")
    assert "'raw.orders'" in missing.value.fix.text
    with pytest.raises(UnknownTable):
        lake.publish("dev", tables=["raw.nope"])


def test_a_later_phlos_catalog_is_refused(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    connection = sqlite3.connect(lake.catalog_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LakeTooNew):
        lake.tables()
    with pytest.raises(LakeTooNew):
        put(lake, "raw.a", 2)


def test_a_folder_with_any_name_works(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "it's a (lake) #1 %20 é?*" / "lake")
    put(lake, "raw.a", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    lake.publish("dev")
    lake.sweep()
    assert get(lake, "raw.a") == 2


def test_branches_of_many_tables_are_quick(lake: Lake) -> None:
    """Bounds are ten times the goals, for a busy machine: they tell copying from naming."""
    put(lake, "raw.t0", 1)
    location = lake.metadata_location("raw.t0")
    connection = sqlite3.connect(lake.catalog_file)
    connection.executemany(
        "INSERT INTO iceberg_tables VALUES ('main', 'raw', ?, ?, NULL, 'TABLE')",
        [(f"t{n}", location) for n in range(1, 100)],
    )
    connection.commit()
    connection.close()
    began = time.perf_counter()
    lake.create_branch("dev")
    assert time.perf_counter() - began < 0.1
    assert len(lake.tables("dev")) == 100
