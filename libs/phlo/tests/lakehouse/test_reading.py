"""Reading and describing without a query engine."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from phlo.errors.queries import BadPredicate
from phlo.errors.refs import UnknownSnapshot
from phlo.errors.rows import UnknownColumn
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.sql import tables_of
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    rows = [
        {"id": n, "name": f"n{n}", "at": dt.datetime(2026, 1, 1 + n, tzinfo=dt.UTC), "x": n / 2}
        for n in range(9)
    ]
    for start in (0, 3, 6):
        write(lake, "raw.t", rows[start : start + 3], WritePlan(run_id=f"run-{start}"))
    return lake


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("id = 3", [3]),
        ("3 < id", [4, 5, 6, 7, 8]),
        ("id between 2 and 4 and not id = 3", [2, 4]),
        ("id in (1, 2, 99) or name = 'n7'", [1, 2, 7]),
        ("name like 'n8%'", [8]),
        ("name is null", []),
        ("name is not null and id < 1", [0]),
        ("at >= timestamptz '2026-01-08T00:00:00+00:00'", [7, 8]),
        ("x > -1.5 and x <= 0.5", [0, 1]),
        ("(id <> 1) and id <= 2", [0, 2]),
    ],
)
def test_conditions_choose_rows(lake: Lake, where: str, ids: list[int]) -> None:
    found = lake.read("raw.t", where=where).read_all()
    assert sorted(found.column("id").to_pylist()) == ids


def test_columns_come_in_the_order_asked_for(lake: Lake) -> None:
    found = lake.read("raw.t", columns=["name", "id"], where="x = 1.0").read_all()
    assert found.to_pylist() == [{"name": "n2", "id": 2}]
    assert found.column_names == ["name", "id"]
    with pytest.raises(UnknownColumn, match="'nme'"):
        lake.read("raw.t", columns=["nme"])
    with pytest.raises(BadPredicate):
        lake.read("raw.t", where="id = 'x'")


@pytest.mark.parametrize("limit", [0, 1, 4, 9, 100])
def test_a_limit_is_exact(lake: Lake, limit: int) -> None:
    assert lake.read("raw.t", limit=limit).read_all().num_rows == min(limit, 9)


def test_a_table_is_read_as_it_was(lake: Lake) -> None:
    oldest = lake.snapshots("raw.t")[-1]
    assert lake.read("raw.t", snapshot_id=oldest.id).read_all().num_rows == 3
    with pytest.raises(UnknownSnapshot):
        lake.read("raw.t", snapshot_id=1)


def test_descriptions_say_what_the_table_is(lake: Lake) -> None:
    about = lake.describe("lake.raw.t")
    assert [(c.name, c.type) for c in about.columns] == [
        ("id", "long"),
        ("name", "string"),
        ("at", "timestamptz"),
        ("x", "double"),
    ]
    assert (about.name, about.row_count, about.file_count, about.snapshot_count) == (
        "raw.t",
        9,
        3,
        3,
    )
    assert about.size_bytes == sum(file.size_bytes for file in lake.files("raw.t"))
    assert about.last_updated is not None
    snapshots = lake.snapshots("raw.t")
    assert [s.total_rows for s in snapshots] == [9, 6, 3]
    assert snapshots[0].parent == snapshots[1].id
    assert [s.summary["phlo.run-id"] for s in snapshots] == ["run-6", "run-3", "run-0"]
    assert all(s.operation == "append" and s.added_rows == 3 for s in snapshots)


def test_statistics_come_from_the_manifests(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": None, "name": "z" * 40}], WritePlan())
    by_name = {column.name: column for column in lake.statistics("raw.t")}
    assert (by_name["id"].value_count, by_name["id"].null_count) == (10, 1)
    assert (by_name["id"].minimum, by_name["id"].maximum, by_name["id"].is_exact) == (0, 8, True)
    assert by_name["at"].maximum == dt.datetime(2026, 1, 9, tzinfo=dt.UTC)
    assert not by_name["name"].is_exact
    assert not by_name["x"].is_exact


def test_nested_types_have_names(lake: Lake) -> None:
    write(lake, "raw.n", [{"l": [1], "s": {"a": "x", "b": [1.5]}}], WritePlan())
    assert [c.type for c in lake.describe("raw.n").columns] == [
        "list<long>",
        "struct<a: string, b: list<double>>",
    ]


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1", ()),
        ("select * from raw.a join lake.raw.b using (x)", ("raw.a", "raw.b")),
        ("with c as (select * from raw.a) select * from c", ("raw.a",)),
        ("with a as (select 1) select * from raw.a, a", ("raw.a",)),
        ("select (select max(x) from raw.a), * from (select * from raw.b)", ("raw.a", "raw.b")),
        ("select * from RAW.A", ("raw.a",)),
        ("select * from a", ("a",)),
        ("select * from information_schema.tables", ()),
        ("select * from range(3)", ()),
        ("from raw.a select x where y in (from raw.b select z)", ("raw.a", "raw.b")),
        (
            "with recursive r as (select 1 n union all select n + 1 from r where n < 3)"
            " select * from r",
            (),
        ),
    ],
)
def test_tables_of_a_statement(sql: str, tables: tuple[str, ...]) -> None:
    assert tables_of(sql, "duckdb") == tables
