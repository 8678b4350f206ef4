"""SQL that writes: one commit for a statement or a transaction, on the ref it was opened for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from phlo.errors.queries import QueryCancelled, QueryFailed
from phlo.errors.refs import UnknownRef
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo_duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phlo.lakehouse.query import QuerySession


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "a lake")
    write(lake, "raw.orders", [{"id": n, "name": f"n{n}"} for n in range(5)], WritePlan())
    return lake


def writing(lake: Lake, ref: str = "main") -> QuerySession:
    return DuckDBEngine().connect(lake, ref=ref, read_only=False)


@pytest.fixture
def session(lake: Lake) -> Iterator[QuerySession]:
    with writing(lake) as session:
        yield session


def run(session: QuerySession, *statements: str) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for sql in statements:
        result = session.stream(sql).read_all().to_pylist()
    return result


def names(lake: Lake, ref: str = "main", table: str = "raw.orders") -> dict[int, str]:
    rows = lake.read(table, ref).read_all().to_pylist()
    return {row["id"]: row["name"] for row in rows}


def test_every_statement_that_changes_rows(session: QuerySession, lake: Lake) -> None:
    run(
        session,
        "insert into raw.orders values (10, 'x'), (11, 'y')",
        "update raw.orders set name = upper(name) where id < 2",
        "delete from lake.raw.orders where id = 2",
        """merge into raw.orders t using (values (3, 'three'), (12, 'z')) s(id, name)
           on t.id = s.id when matched then update set name = s.name
           when not matched then insert values (s.id, s.name)""",
    )
    expected = {0: "N0", 1: "N1", 3: "three", 4: "n4", 10: "x", 11: "y", 12: "z"}
    assert names(lake) == expected
    assert run(session, "select count(*) as n from raw.orders") == [{"n": len(expected)}]
    # phlo goes on with what DuckDB left, its delete files included.
    write(lake, "raw.orders", [{"id": 3, "name": "again"}], WritePlan(mode="merge", key=("id",)))
    assert names(lake) == {**expected, 3: "again"}


def test_tables_and_columns_are_made_and_changed(session: QuerySession, lake: Lake) -> None:
    run(
        session,
        "create schema marts",
        "create table marts.a as select id, name from raw.orders where id < 2",
        "create table marts.b (id bigint, seen_at timestamptz)",
        "alter table marts.a add column score double",
        "alter table marts.a rename column score to points",
        "alter table marts.b rename to c",
        "insert into marts.a values (9, 'nine', 1.5)",
    )
    assert lake.tables() == ("marts.a", "marts.c", "raw.orders")
    assert [column.name for column in lake.describe("marts.a").columns] == ["id", "name", "points"]
    assert lake.read("marts.a").read_all()["points"].to_pylist().count(1.5) == 1
    run(session, "drop table marts.c")
    assert lake.tables() == ("marts.a", "raw.orders")


def test_the_first_table_of_an_empty_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "new")
    with writing(lake) as session:
        run(session, "create schema raw", "create table raw.x as select 1 as id, 'a' as name")
        with pytest.raises(QueryFailed):
            run(session, "create table nowhere (id int)")
    assert names(lake, table="raw.x") == {1: "a"}


def test_a_transaction_over_two_tables_is_seen_at_once_or_not_at_all(
    session: QuerySession, lake: Lake
) -> None:
    run(
        session,
        "create table raw.log as select 0 as id, 'begin' as name",
        "begin",
        "insert into raw.orders values (20, 'x')",
        "insert into raw.log values (1, 'x')",
    )
    assert 20 not in names(lake)
    run(session, "commit")
    assert 20 in names(lake)
    assert names(lake, table="raw.log") == {0: "begin", 1: "x"}
    run(session, "begin", "delete from raw.orders", "delete from raw.log", "rollback")
    assert len(names(lake)) == 6


def test_a_transaction_that_meets_another_writer_changes_nothing(
    session: QuerySession, lake: Lake
) -> None:
    run(
        session,
        "create table raw.log as select 0 as id, 'begin' as name",
        "begin",
        "insert into raw.log values (1, 'x')",
        "update raw.orders set name = 'mine' where id = 1",
    )
    write(lake, "raw.orders", [{"id": 1, "name": "theirs"}], WritePlan(mode="merge", key=("id",)))
    with pytest.raises(QueryFailed, match="somebody else changed") as caught:
        run(session, "commit")
    assert "run it again" in caught.value.fix.text
    assert names(lake, table="raw.log") == {0: "begin"}
    assert names(lake)[1] == "theirs"
    run(session, "update raw.orders set name = 'mine' where id = 1")
    assert names(lake)[1] == "mine"


def test_on_a_branch_main_stays_as_it_is(lake: Lake) -> None:
    lake.create_branch("fix/late-orders")
    with writing(lake, "fix/late-orders") as session:
        run(session, "delete from raw.orders", "create table raw.more as select 1 as id")
    assert len(names(lake)) == 5
    assert lake.tables() == ("raw.orders",)
    lake.publish("fix/late-orders")
    assert names(lake) == {}
    assert lake.tables() == ("raw.more", "raw.orders")


def test_no_sweep_takes_what_is_not_committed_yet(session: QuerySession, lake: Lake) -> None:
    run(session, "begin", "insert into raw.orders values (30, 'x')")
    assert lake.sweep(grace=timedelta(0)).is_waiting
    run(session, "commit")
    assert names(lake)[30] == "x"


def test_what_is_refused(session: QuerySession, lake: Lake) -> None:
    with pytest.raises(UnknownRef):
        writing(lake, "nothing")
    with pytest.raises(QueryFailed, match="as they are"):
        DuckDBEngine().connect(lake, read_only=False, snapshots={"raw.orders": 1})
    with pytest.raises(QueryFailed) as caught:
        run(session, "insert into raw.orders\n  selekt 1")
    assert caught.value.where is not None
    session.cancel()
    with pytest.raises(QueryCancelled):
        run(session, "select 1")
