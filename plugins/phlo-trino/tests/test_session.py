"""What a session gives, asked of a real Trino: rows, errors, progress, and no more than reading."""

from __future__ import annotations

import datetime as dt
import decimal
import threading

import pyarrow as pa
import pytest
from pyiceberg.table import StaticTable

from phlo.errors.data import UnknownTable
from phlo.errors.queries import NotReadOnly, QueryCancelled, QueryFailed
from phlo.errors.refs import UnknownRef, UnknownSnapshot
from phlo.lakehouse.write import WritePlan, write
from phlo_trino.branches import READING as PREFIX

pytestmark = pytest.mark.server

_MOMENT, _BEFORE = dt.datetime(2020, 1, 1, 1, 2, 3, 456789), dt.datetime(1969, 12, 31, 23, 59, 59)
_LISTS, _MAPS = pa.list_(pa.int64()), pa.map_(pa.string(), pa.int64())
_STRUCTS = pa.struct([("x", pa.int64()), ("y", pa.list_(pa.string()))])
TYPES = pa.table({
    "id": pa.array([1, 2, 3], pa.int64()),
    "i": pa.array([1, -(2**31), None], pa.int32()),
    "l": pa.array([1, 2**63 - 1, None], pa.int64()),
    "f": pa.array([1.5, float("inf"), None], pa.float32()),
    "d": pa.array([1.25, float("-inf"), None]),
    "b": pa.array([True, False, None]),
    "s": pa.array(["a", "ü😀\n'\"", None]),
    "bin": pa.array([b"\x00\xff", b"", None], pa.binary()),
    "dec": pa.array([decimal.Decimal("12345678901234567890.12"), decimal.Decimal("-0.01"), None],
                    pa.decimal128(30, 2)),
    "day": pa.array([dt.date(2020, 1, 1), dt.date(1901, 2, 3), None]),
    "ts": pa.array([_MOMENT, _BEFORE, None], pa.timestamp("us")),
    "tz": pa.array([_MOMENT, _BEFORE, None], pa.timestamp("us", "UTC")),
    "tm": pa.array([dt.time(1, 2, 3, 456789), dt.time(0), None], pa.time64("us")),
    "arr": pa.array([[1, None], [], None], _LISTS),
    "m": pa.array([[("k", 1)], [], None], _MAPS),
    "r": pa.array([{"x": 1, "y": ["q"]}, {"x": None, "y": None}, None], _STRUCTS),
})  # fmt: skip
#: Takes Trino a long time, wherever it runs.
SLOW = (
    "select count(*) from unnest(sequence(1, 10000)) a(x)"
    " cross join unnest(sequence(1, 10000)) b(y) cross join unnest(sequence(1, 10000)) c(z)"
    " where (x * y + z) % 7 = 0"
)


@pytest.fixture(scope="module", autouse=True)
def tables(lake):
    write(lake, "raw.types", TYPES, WritePlan())
    rows = [{"id": i, "name": f"n{i}"} for i in range(1000)]
    write(lake, "raw.orders", rows[:600], WritePlan())
    write(lake, "raw.orders", rows[600:], WritePlan())


def test_every_type_comes_back_as_it_was_written(project, lake):
    sql = "select * from raw.types order by id"
    found = project.query(sql, engine="trino")
    assert found.to_pylist() == TYPES.to_pylist()
    by_duckdb = project.query(sql, engine="duckdb")
    assert found.schema.types == by_duckdb.schema.types
    assert found.to_pylist() == by_duckdb.to_pylist()
    read = StaticTable.from_metadata(lake.metadata_location("raw.types")).scan().to_arrow()
    assert read.sort_by("id").to_pylist() == found.to_pylist()


def test_what_only_trino_has_comes_as_text_or_as_close_as_can_be(project):
    [row] = project.query(
        "select timestamp '2020-01-01 00:00:00 Europe/Paris' as paris,"
        " timestamp '2020-01-01 00:00:00 +02:30' as plus, nan() as n, json '[1]' as j,"
        " interval '1' day as i, map(array[1, 2], array[true, null]) as m, 1e0 as e, null as u,"
        " timestamp '2020-01-01 00:00:00.123456789' as ns, time '01:02:03.123456789' as tns,"
        " uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59' as id, char 'a' as c"
    ).to_pylist()
    assert row["paris"] == dt.datetime(2019, 12, 31, 23, tzinfo=dt.UTC)
    assert row["plus"] == dt.datetime(2019, 12, 31, 21, 30, tzinfo=dt.UTC)
    assert str(row["n"]) == "nan"
    assert (row["j"], row["i"], row["c"]) == ("[1]", "1 00:00:00.000", "a")
    assert (row["m"], row["e"], row["u"]) == ([(1, True), (2, None)], 1.0, None)
    assert row["ns"].nanosecond == 789
    assert row["id"] == "12151fd2-7586-11e9-8f9e-2a86e4085a59"


def test_rows_come_in_batches_as_they_are_read(engine, lake):
    with engine.connect(lake) as session:
        reader = session.stream("select x from unnest(sequence(1, 10000)) t(x)", batch_rows=1_000)
        sizes = [batch.num_rows for batch in reader]
    assert sum(sizes) == 10_000
    assert max(sizes) <= 1_000


def test_an_answer_without_rows_has_its_columns(project):
    found = project.query("select id, name from raw.orders where id < 0")
    assert found.num_rows == 0
    assert found.schema == pa.schema([("id", pa.int64()), ("name", pa.string())])


def test_names_may_say_the_lake_and_statements_may_end(project):
    assert project.query("select count(*) as n from lake.raw.orders;").to_pylist() == [{"n": 1000}]
    assert "raw" in project.query("show schemas")["Schema"].to_pylist()
    assert project.query("describe raw.orders")["Column"].to_pylist() == ["id", "name"]
    assert "TableScan" in str(project.query("explain select * from raw.orders").to_pylist())


@pytest.mark.parametrize(
    ("sql", "words", "place"),
    [
        ("select nope from raw.orders", "column 'nope' cannot be resolved", (1, 8)),
        ("select *\nfrom raw.orders\nwhere name + 1 > 2", "cannot apply operator", (3, 12)),
        ("select\n  1 +", "expression", (2, 5)),
        ("select 1; select 2", "2 statements", None),
        ("select 1 / 0", "division by zero", None),
        ("select no_such(1)", "function 'no_such' not registered", (1, 8)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(project, sql, words, place):
    with pytest.raises(QueryFailed) as caught:
        project.query(sql, engine="trino")
    assert words in caught.value.message
    where = caught.value.where
    assert (where and (where.line, where.column)) == place


@pytest.mark.parametrize("sql", ["select * from raw.nope", "select * from nope.x", "table orders"])
def test_a_table_that_is_not_there(project, sql):
    with pytest.raises(UnknownTable):
        project.query(sql, engine="trino")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw.orders", "drop table raw.orders", "create table raw.x (a int)",
        "insert into raw.orders values (1, 'a')", "create table raw.x as select 1 as a",
        "alter table raw.orders execute optimize", "call lake.system.unregister_table('a', 'b')",
        "set session query_max_memory = '1GB'", "create catalog x using memory",
    ],
)  # fmt: skip
def test_only_reading_is_allowed_and_trino_itself_refuses_the_rest(
    project, engine, lake, sql, monkeypatch
):
    with pytest.raises(NotReadOnly):
        project.query(sql, engine="trino")
    if sql.startswith("set session"):
        return  # that changes nothing but the asker's own session
    # As if phlo had let it through.
    monkeypatch.setattr("phlo_trino.session.read_only_statement", lambda sql, dialect: None)
    with pytest.raises(NotReadOnly), engine.connect(lake) as session:
        session.stream(sql).read_all()
    assert lake.describe("raw.orders").row_count == 1000
    assert len(lake.snapshots("raw.orders")) == 2


def test_a_cancelled_query_ends_in_trino_too(engine, lake):
    with engine.connect(lake) as session:
        reader = session.stream(SLOW)
        threading.Timer(1.0, session.cancel).start()
        with pytest.raises(QueryCancelled):
            reader.read_all()
        with pytest.raises(QueryCancelled):
            session.stream("select 1").read_all()
    with engine.connect(lake) as session:
        states = session.stream(
            f"select state from system.runtime.queries where query = '{SLOW}'"
        ).read_all()
    assert set(states["state"].to_pylist()) == {"FAILED"}


def test_leaving_the_block_ends_what_runs(engine, lake):
    sql = SLOW.replace("% 7", "% 11")
    with engine.connect(lake) as session:
        session.stream(sql)
    with engine.connect(lake) as session:
        states = session.stream(
            f"select state from system.runtime.queries where query = '{sql}'"
        ).read_all()
    assert states["state"].to_pylist() == ["FAILED"]


def test_progress_is_told_while_it_runs(engine, lake):
    with engine.connect(lake) as session:
        session.stream("select count(*) from raw.orders").read_all()
        assert session.progress() == 1.0


def test_memory_is_limited(engine, lake):
    with engine.connect(lake, memory_limit="1MB") as session:
        reader = session.stream(
            "select count(*) from (select distinct x, y from unnest(sequence(1, 10000)) a(x)"
            " cross join unnest(sequence(1, 100)) b(y))"
        )
        with pytest.raises(QueryFailed, match="memory") as caught:
            reader.read_all()
    assert "resources.memory" in caught.value.fix.text


def test_tables_are_read_as_they_were_at_a_snapshot(engine, lake):
    newest, oldest = (one.id for one in lake.snapshots("raw.orders"))
    sql = 'select count(*) as n from lake."raw".orders as o'
    for snapshot, wanted in ((oldest, 600), (newest, 1000)):
        with engine.connect(lake, snapshots={"raw.orders": snapshot}) as session:
            assert session.stream(sql).read_all().to_pylist() == [{"n": wanted}]
    with (
        pytest.raises(UnknownSnapshot),
        engine.connect(lake, snapshots={"raw.orders": 5}) as session,
    ):
        session.stream(sql)


def test_a_branch_is_read_and_its_catalog_goes_with_it(engine, lake):
    lake.create_branch("dev/x@1")
    write(lake, "raw.orders", [{"id": 9, "name": "dev"}], WritePlan(), ref="dev/x@1")
    sql = "select count(*) as n from lake.raw.orders where id >= 0"
    with engine.connect(lake, ref="dev/x@1") as session:
        assert session.stream(sql).read_all().to_pylist() == [{"n": 1001}]
        # Places are those of the statement as it was written.
        with pytest.raises(QueryFailed) as caught:
            session.stream("select * from lake.raw.orders where nope = 1")
        assert caught.value.where.column == 37
    with engine.connect(lake) as session:
        assert session.stream(sql).read_all().to_pylist() == [{"n": 1000}]
    assert len(branch_catalogs(engine)) == 1
    lake.drop_branch("dev/x@1")
    with pytest.raises(UnknownRef):
        engine.connect(lake, ref="dev/x@1")
    lake.create_branch("other")
    with engine.connect(lake, ref="other") as session:
        assert session.stream(sql).read_all().to_pylist() == [{"n": 1000}]
    [left] = branch_catalogs(engine)
    assert left.startswith(f"{PREFIX}other_")
    # As a Trino that began anew.
    engine._server.all(f'drop catalog "{left}"', {"X-Trino-User": "phlo"})
    with engine.connect(lake, ref="other") as session:
        assert session.stream(sql).read_all().to_pylist() == [{"n": 1000}]
    lake.drop_branch("other")


def all_catalogs(engine):
    rows, _ = engine._server.all("show catalogs", {"X-Trino-User": "phlo"})
    return [name for (name,) in rows]


def branch_catalogs(engine):
    return [name for name in all_catalogs(engine) if name.startswith(PREFIX)]


def test_a_session_that_writes_writes_to_its_branch(project, engine, lake):
    lake.create_branch("w")
    with engine.connect(lake, ref="w", read_only=False) as session:
        session.stream("create schema if not exists marts").read_all()
        session.stream("create table marts.new as select id from lake.raw.orders").read_all()
        done = session.stream("delete from marts.new where id < 10").read_all()
    assert done.to_pylist() == [{"rows": 10}]
    assert "marts.new" not in lake.tables()
    assert project.query("select count(*) as n from marts.new", ref="w").to_pylist() == [{"n": 990}]
    lake.drop_branch("w")


def test_others_cannot_use_the_catalogs_in_which_one_may_write(engine, lake):
    lake.create_branch("w2")
    with engine.connect(lake, ref="w2", read_only=False) as session:
        session.stream("create schema if not exists marts").read_all()
    [catalog] = [n for n in all_catalogs(engine) if n.startswith("write_w2_")]
    _, page = engine._server.all(
        f'select * from "{catalog}".raw.orders', {"X-Trino-User": "phlo_reader"}
    )
    assert page["error"]["errorName"] == "PERMISSION_DENIED"
    # And in the one that all may use, nobody may write.
    _, page = engine._server.all("delete from lake.raw.orders", {"X-Trino-User": "phlo"})
    assert page["error"]["errorName"] == "PERMISSION_DENIED"
    lake.drop_branch("w2")
