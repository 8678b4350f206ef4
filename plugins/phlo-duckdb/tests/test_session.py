"""The engine on real tables: what it reads, what it refuses, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from phlo.errors.data import DataError, LakeMoved, UnknownTable
from phlo.errors.queries import EngineUnavailable, NotReadOnly, QueryCancelled, QueryFailed
from phlo.errors.refs import UnknownRef, UnknownSnapshot
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo_duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phlo.lakehouse.query import QuerySession


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    rows = [{"id": n, "name": f"n{n}", "tags": [n], "deep": {"x": n}} for n in range(10)]
    write(lake, "raw.orders", rows, WritePlan())
    write(lake, "marts.by_name", [{"name": "n1"}], WritePlan())
    return lake


@pytest.fixture
def session(lake: Lake) -> Iterator[QuerySession]:
    with DuckDBEngine().connect(lake) as session:
        yield session


def rows(session: QuerySession, sql: str) -> list[dict[str, Any]]:
    return session.stream(sql).read_all().to_pylist()


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) as n from raw.orders",
        "select count(*) as n from lake.raw.orders",
        'select count(*) as n from "lake"."raw"."orders"',
        "SELECT COUNT(*) AS n FROM RAW.Orders",
        "from raw.orders select count(*) as n",
        "with orders as (select * from raw.orders) select count(*) as n from orders",
        "select count(*) as n from raw.orders o where exists (select 1 from marts.by_name)",
        "select count(*) as n from raw.orders;",
        "select count(*) as n from raw.orders -- all of them",
    ],
)
def test_tables_have_their_names_in_every_form(session: QuerySession, sql: str) -> None:
    assert rows(session, sql) == [{"n": 10}]


def test_what_reads_is_allowed(session: QuerySession) -> None:
    for sql in (
        "values (1), (2)",
        "describe raw.orders",
        "describe select * from raw.orders",
        "summarize raw.orders",
        "explain select * from raw.orders",
        "explain analyze select * from raw.orders",
        "show all tables",
        "select * from range(3)",
        "select * from generate_series(1, 3)",
        "select unnest(tags) from raw.orders",
        "select * from information_schema.tables",
        "select 1 union all select 2",
        "pivot raw.orders on name using count(*)",
        "(select 1)",
    ):
        assert session.stream(sql).read_all().num_rows > 0, sql
    tables = rows(session, "select table_name from information_schema.tables order by 1")
    assert [row["table_name"] for row in tables] == ["by_name", "orders"]


@pytest.mark.parametrize(
    "sql",
    [
        "insert into raw.orders values (1)",
        "delete from raw.orders",
        "update raw.orders set id = 1",
        "merge into raw.orders using marts.by_name on true when matched then delete",
        "drop table raw.orders",
        "drop view raw.orders",
        "create table x as select 1",
        "create temp table x (a int)",
        "create macro f() as 1",
        "alter table raw.orders add column x int",
        "truncate raw.orders",
        "copy (select 1) to '/tmp/x.csv'",
        "copy raw.orders from '/etc/passwd'",
        "attach '/tmp/x.db'",
        "detach lake",
        "use memory",
        "set threads = 1",
        "reset threads",
        "pragma database_list",
        "install httpfs",
        "load httpfs",
        "call pragma_version()",
        "export database '/tmp/x'",
        "checkpoint",
        "vacuum",
        "begin",
        "prepare p as select 1",
        "execute p",
        "comment on table raw.orders is 'x'",
        "with d as (delete from raw.orders returning *) select * from d",
        "explain delete from raw.orders",
        "explain analyze insert into raw.orders select 1",
        "select 1; drop table raw.orders",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_parquet('x')",
        "select * from iceberg_scan('x')",
        "select * from glob('/*')",
        "select * from '/etc/passwd'",
        "select * from sqlite_scan('x', 'y')",
        "select * from query('drop view raw.orders')",
        "select * from query_table('raw.orders')",
        "select (select count(*) from read_text('/etc/passwd'))",
        "from read_csv('/etc/passwd')",
        "describe select * from read_csv('/etc/passwd')",
    ],
)
def test_what_does_more_than_read_is_refused(session: QuerySession, lake: Lake, sql: str) -> None:
    with pytest.raises(DataError) as caught:
        session.stream(sql).read_all()
    assert isinstance(caught.value, (NotReadOnly, QueryFailed, UnknownTable))
    assert len(rows(session, "select * from raw.orders")) == 10


def test_the_engine_itself_is_locked(
    session: QuerySession, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a statement slip past the list, DuckDB still refuses to leave the tables' folder."""
    monkeypatch.setattr("phlo_duckdb.session.read_only_statement", lambda sql, dialect: None)
    secret = lake.folder / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (
        f"select * from read_csv('{secret}')",
        f"select * from read_text('{lake.catalog_file}')",
        f"select * from read_text('{lake.warehouse}/../catalog.db')",
        f"copy (select 1) to '{lake.folder / 'out.csv'}'",
        f"attach '{lake.folder / 'x.db'}'",
        "install httpfs",
        "load spatial",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "select * from read_csv('http://127.0.0.1:9/x.csv')",
    ):
        with pytest.raises(QueryFailed):
            session.stream(sql).read_all()


def test_python_variables_are_no_tables(session: QuerySession) -> None:
    secret_frame = pa.table({"a": [1]})
    with pytest.raises(UnknownTable):
        session.stream("select * from secret_frame").read_all()
    assert secret_frame.num_rows == 1


@pytest.mark.parametrize(
    ("sql", "line", "column", "said"),
    [
        ("selec 1", 1, 1, "selec"),
        ("select\n  nope\nfrom raw.orders", 2, 3, "nope"),
        ("select 'é日本', nope from raw.orders", 1, 15, "nope"),
        ("select 1 +", None, None, "syntax"),
        ("select cast(name as int)\nfrom raw.orders", 1, 8, "convert"),
    ],
)
def test_errors_know_their_place(
    session: QuerySession, sql: str, line: int | None, column: int | None, said: str
) -> None:
    with pytest.raises(QueryFailed, match=said) as caught:
        session.stream(sql).read_all()
    if line is not None:
        assert caught.value.where is not None
        assert (caught.value.where.line, caught.value.where.column) == (line, column)
        assert caught.value.where.source == sql.split("\n")[line - 1]
    assert caught.value.fix.text


def test_names_that_are_near_are_offered(session: QuerySession) -> None:
    with pytest.raises(UnknownTable) as caught:
        session.stream("select * from raw.order")
    assert "'raw.orders'" in caught.value.fix.text
    with pytest.raises(QueryFailed) as unknown:
        session.stream("select nam from raw.orders").read_all()
    assert "name" in unknown.value.fix.text
    for sql in ("select * from orders", "select * from other.raw.orders"):
        with pytest.raises(UnknownTable):
            session.stream(sql)


def test_rows_come_in_batches(session: QuerySession) -> None:
    reader = session.stream("select * from range(100000) t(n)", batch_rows=2048)
    first = reader.read_next_batch()
    assert 0 < first.num_rows <= 4096
    assert first.num_rows + sum(batch.num_rows for batch in reader) == 100_000


def test_refs_and_snapshots(lake: Lake) -> None:
    engine = DuckDBEngine()
    first = lake.describe("raw.orders").snapshot_id
    assert first is not None
    lake.create_branch("dev")
    write(lake, "raw.orders", [{"id": 99}], WritePlan(mode="overwrite"), ref="dev")
    write(lake, "raw.orders", [{"id": 100}], WritePlan())
    count = "select count(*) as n from raw.orders"
    with engine.connect(lake) as main, engine.connect(lake, ref="dev") as dev:
        assert (rows(main, count), rows(dev, count)) == ([{"n": 11}], [{"n": 1}])
    for name in ("raw.orders", "lake.raw.orders"):
        with engine.connect(lake, snapshots={name: first}) as then:
            assert rows(then, count) == [{"n": 10}]
    with engine.connect(lake, snapshots={"raw.orders": 1}) as wrong, pytest.raises(UnknownSnapshot):
        wrong.stream(count)
    with pytest.raises(UnknownRef):
        engine.connect(lake, ref="nope")


def test_a_session_keeps_the_state_it_began_with(lake: Lake, session: QuerySession) -> None:
    count = "select count(*) as n from raw.orders"
    write(lake, "raw.orders", [{"id": 100}], WritePlan())
    assert rows(session, count) == [{"n": 10}]


def test_an_empty_lake_and_an_empty_table(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "none")
    with DuckDBEngine().connect(lake) as session:
        assert rows(session, "select 1 as a") == [{"a": 1}]
        with pytest.raises(UnknownTable, match=r"raw\.t") as caught:
            session.stream("select * from raw.t")
        assert "materialize" in caught.value.fix.text
    assert not lake.folder.exists()
    write(lake, "raw.t", [], WritePlan(schema={"id": "long"}))
    with DuckDBEngine().connect(lake) as session:
        assert rows(session, "select * from raw.t") == []


def test_cancel_stops_a_running_statement(session: QuerySession) -> None:
    threading.Timer(0.3, session.cancel).start()
    began = time.monotonic()
    with pytest.raises(QueryCancelled):
        session.stream(
            "select count(*) from range(100000000) a, range(1000000) b"
            " where a.range % 7 = b.range % 5"
        ).read_all()
    assert time.monotonic() - began < 20
    with pytest.raises(QueryCancelled):
        session.stream("select 1")


def test_cancel_stops_a_stream_that_is_read(session: QuerySession) -> None:
    reader = session.stream("select * from range(50000000)")
    reader.read_next_batch()
    session.cancel()
    with pytest.raises(QueryCancelled):
        for _ in reader:
            pass


def test_progress_is_a_part_or_unknown(session: QuerySession) -> None:
    assert session.progress() is None
    session.close()
    assert session.progress() is None
    session.close()
    session.cancel()


def test_a_small_memory_limit_spills_to_disk_or_is_told(lake: Lake) -> None:
    with DuckDBEngine().connect(lake, memory_limit="60MB") as session:
        found = rows(
            session,
            "select count(*) as n from"
            " (select range, hash(range) h from range(3000000) order by h)",
        )
        assert found == [{"n": 3_000_000}]
        with pytest.raises(QueryFailed, match=r"allocate|[Mm]emory"):
            session.stream("select list(range) from range(30000000)").read_all()
    assert not lake.temporary.exists() or list(lake.temporary.iterdir()) == []


def test_a_moved_table_is_told(lake: Lake, session: QuerySession, tmp_path: Path) -> None:
    lake.warehouse.rename(tmp_path / "elsewhere")
    with pytest.raises(LakeMoved):
        session.stream("select * from raw.orders")


def test_engine_and_pyiceberg_read_the_same_rows(lake: Lake, session: QuerySession) -> None:
    merge = WritePlan(mode="merge", key=("id",))
    write(lake, "raw.orders", [{"id": 3, "name": "changed", "new": 1.5}], merge)
    write(lake, "raw.orders", pa.table({"id": [77]}), WritePlan())
    with DuckDBEngine().connect(lake) as now:
        by_duckdb = sorted(rows(now, "select * from raw.orders"), key=lambda row: row["id"])
    by_pyiceberg = sorted(lake.read("raw.orders").read_all().to_pylist(), key=lambda r: r["id"])
    assert by_duckdb == by_pyiceberg
    assert len(by_duckdb) == 11


def test_reading_needs_no_pyiceberg(lake: Lake) -> None:
    code = f"""
import sys, pathlib
from phlo.lakehouse.lake import Lake
from phlo_duckdb.engine import DuckDBEngine
heavy = ("pyiceberg", "pyarrow", "duckdb", "sqlglot", "sqlalchemy", "pandas", "numpy")
lake = Lake(pathlib.Path({str(lake.folder)!r}))
lake.tables(), lake.describe("raw.orders"), lake.snapshots("raw.orders"), lake.refs()
print([name for name in heavy if name in sys.modules])
with DuckDBEngine().connect(lake) as session:
    print(session.stream("select count(*) from raw.orders").read_all().column(0)[0])
print([name for name in ("pyiceberg", "sqlalchemy", "pandas") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n")[:3] == ["[]", "10", "[]"]


def test_a_day_is_the_same_on_every_machine(lake: Lake) -> None:
    code = f"""
import pathlib
from phlo.lakehouse.lake import Lake
from phlo_duckdb.engine import DuckDBEngine
with DuckDBEngine().connect(Lake(pathlib.Path({str(lake.folder)!r}))) as session:
    sql = "select cast(timestamptz '2026-01-01 01:00:00+00' as date)::text"
    print(session.stream(sql).read_all().column(0)[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "TZ": "America/New_York"},
    )  # fmt: skip
    assert done.stdout.strip() == "2026-01-01"


def test_a_missing_or_wrong_extension_is_told(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("phlo_duckdb.extensions.find_spec", lambda name: None)
        with pytest.raises(EngineUnavailable, match="not installed") as caught:
            DuckDBEngine().connect(lake)
        assert "pip install duckdb-extension-avro==" in caught.value.fix.text
    wrong = tmp_path / "avro.duckdb_extension"
    wrong.write_bytes(b"no extension")
    monkeypatch.setattr("phlo_duckdb.extensions._file_of", lambda name: wrong)
    with pytest.raises(EngineUnavailable, match="does not load"):
        DuckDBEngine().connect(lake)


def test_the_plugin_is_cheap_to_import() -> None:
    code = (
        "import sys; from phlo_duckdb.plugin import DuckDBService as S; e = S().query_engine({});"
        "heavy = ('duckdb', 'pyarrow', 'sqlglot');"
        "print(e.name, e.dialect, [n for n in heavy if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "duckdb duckdb []"


def test_a_folder_with_any_name_is_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "it's a (lake) #1 %20 é?" / "lake")
    write(lake, "raw.t", [{"id": 1}], WritePlan())
    with DuckDBEngine().connect(lake) as session:
        assert rows(session, "select * from raw.t") == [{"id": 1}]
