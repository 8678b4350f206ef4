"""Append: what the table holds afterwards, and what was told of it; schemas and layout."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from phlo.errors.data import BadTableName, BadTransform
from phlo.errors.refs import UnknownRef
from phlo.errors.rows import SchemaRefused, UnknownColumn, ValuesDoNotFit
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, WriteProgress, write

if TYPE_CHECKING:
    from pathlib import Path

MERGE = WritePlan(mode="merge", key=("id",))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def rows_of(lake: Lake, table: str = "raw.t", order: str = "id") -> list[dict[str, Any]]:
    rows = lake.read(table).read_all().to_pylist()
    return sorted(rows, key=lambda row: (row[order] is None, row[order]))


# Append.


def test_append_makes_the_table_and_adds_to_it(lake: Lake) -> None:
    first = write(lake, "raw.t", [{"id": 1}], WritePlan())
    second = write(lake, "raw.t", [{"id": 2}], WritePlan())
    assert (first.rows_in, first.rows_added, first.rows_total, first.files) == (1, 1, 1, 1)
    assert (second.rows_added, second.rows_total) == (1, 2)
    assert rows_of(lake) == [{"id": 1}, {"id": 2}]
    assert first.bytes > 0


def test_a_load_seen_before_adds_nothing(lake: Lake) -> None:
    plan = WritePlan(load_id="run-1/raw.t", run_id="run-1")
    first = write(lake, "raw.t", [{"id": 1}], plan)
    again = write(lake, "raw.t", [{"id": 1}], plan)
    other = write(lake, "raw.t", [{"id": 1}], WritePlan(load_id="run-2/raw.t"))
    assert (first.skipped, again.skipped, other.skipped) == (False, True, False)
    assert again.snapshot_id == first.snapshot_id
    assert len(rows_of(lake)) == 2
    assert lake.snapshots("raw.t")[-1].summary["phlo.run-id"] == "run-1"


def test_no_rows_and_no_schema_make_no_table(lake: Lake) -> None:
    assert write(lake, "raw.t", [], WritePlan()).skipped
    assert lake.tables() == ()


def test_no_rows_with_a_schema_make_an_empty_table(lake: Lake) -> None:
    result = write(lake, "raw.t", [], WritePlan(schema={"id": "long"}))
    assert not result.skipped
    assert (result.rows_total, result.snapshot_id) == (0, None)
    assert lake.describe("raw.t").columns[0].name == "id"
    assert rows_of(lake) == []
    assert write(lake, "raw.t", [{"id": 1}], MERGE).rows_total == 1


def test_a_failing_source_leaves_the_table_and_the_folder_as_they_were(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1}], WritePlan())
    files = sorted(lake.warehouse.rglob("*"))

    def broken() -> Any:
        yield pa.table({"id": range(600_000)})
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write(lake, "raw.t", broken(), WritePlan())
    assert rows_of(lake) == [{"id": 1}]
    assert sorted(lake.warehouse.rglob("*")) == files


def test_a_failing_first_load_makes_no_table(lake: Lake) -> None:
    with pytest.raises(ValuesDoNotFit):
        write(lake, "raw.t", [{"id": 1}, {"id": "x"}], WritePlan())
    assert lake.tables() == ()


def test_rows_in_many_files_are_one_commit(lake: Lake) -> None:
    parts = (pa.table({"id": range(n, n + 300_000)}) for n in range(0, 1_200_000, 300_000))
    told: list[WriteProgress] = []
    result = write(lake, "raw.t", parts, WritePlan(), progress=told.append)
    assert result.files > 1
    assert len(lake.snapshots("raw.t")) == 1
    assert result.rows_total == 1_200_000
    assert [p.rows for p in told] == sorted(p.rows for p in told)
    assert told[-1].rows == 1_200_000


@pytest.mark.parametrize("plan", [WritePlan(), MERGE], ids=["append", "merge"])
def test_memory_is_bounded_by_the_files_and_not_by_the_load(
    lake: Lake, plan: WritePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phlo.lakehouse.write.data_files.TARGET_FILE_ROWS", 20_000)
    monkeypatch.setattr("phlo.lakehouse.write.spool.MEMORY_BYTES", 4_000_000)
    write(lake, "raw.warm", [{"id": 1}], WritePlan())
    most = 0

    def parts() -> Any:
        nonlocal most
        for n in range(0, 400_000, 20_000):
            yield pa.table({"id": range(n, n + 20_000), "text": [f"{n:0200}"] * 20_000})
            most = max(most, pa.total_allocated_bytes())

    before = pa.total_allocated_bytes()
    assert write(lake, "raw.t", parts(), plan).rows_total == 400_000
    # The load is 80 MB; a part of it is 4 MB, of which a few are on their way at once.
    assert most - before < 30_000_000


def test_columns_that_come_late_are_null_before(lake: Lake) -> None:
    parts = [pa.table({"id": [1]}), pa.table({"id": [2], "b": ["x"]}), pa.table({"b": ["y"]})]
    result = write(lake, "raw.t", parts, WritePlan())
    assert result.schema_changes == ()
    assert rows_of(lake) == [
        {"id": 1, "b": None},
        {"id": 2, "b": "x"},
        {"id": None, "b": "y"},
    ]


def test_bad_names_are_refused(lake: Lake) -> None:
    for name in ("orders", "a.b.c", "raw.Orders", "raw.", "raw.or-ders", "../x.y"):
        with pytest.raises(BadTableName):
            write(lake, name, [{"id": 1}], WritePlan())
    with pytest.raises(UnknownRef):
        write(lake, "raw.t", [{"id": 1}], WritePlan(), ref="nope")
    write(lake, "lake.raw.t", [{"id": 1}], WritePlan())
    assert lake.tables() == ("raw.t",)


# Schema.


def test_evolve_decides_what_may_change(lake: Lake) -> None:
    write(lake, "raw.t", pa.table({"id": pa.array([1], pa.int32())}), WritePlan())
    wide = pa.table({"id": pa.array([2**40])})
    with pytest.raises(SchemaRefused, match="int32 there"):
        write(lake, "raw.t", wide, WritePlan(evolve="strict"))
    result = write(lake, "raw.t", wide, WritePlan(evolve="widen"))
    assert result.schema_changes == ("widened 'id' from int32 to int64",)
    more = [{"id": 3, "b": 1.5}]
    for evolve in ("strict", "widen"):
        with pytest.raises(SchemaRefused, match="'b' is no column"):
            write(lake, "raw.t", more, WritePlan(evolve=evolve))  # type: ignore[arg-type]
    assert write(lake, "raw.t", more, WritePlan()).schema_changes == ("added 'b' (double)",)
    assert rows_of(lake) == [{"id": 1, "b": None}, {"id": 3, "b": 1.5}, {"id": 2**40, "b": None}]
    with pytest.raises(SchemaRefused, match="'id' is int64 there and string here"):
        write(lake, "raw.t", [{"id": "x"}], WritePlan())


def test_a_refused_load_changes_no_column(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1}], WritePlan())
    parts = [pa.table({"id": [2], "b": [1]}), pa.table({"id": ["x"]})]
    with pytest.raises(SchemaRefused):
        write(lake, "raw.t", parts, WritePlan())
    assert [column.name for column in lake.describe("raw.t").columns] == ["id"]


def test_narrow_values_go_into_wide_columns_exactly(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1.5, "d": Decimal("1.25"), "at": dt.datetime(2026, 1, 1)}],
          WritePlan(schema={"d": "decimal(10, 2)"}))  # fmt: skip
    write(lake, "raw.t", [{"id": 2, "d": Decimal("3"), "at": dt.date(2026, 1, 2)}], WritePlan())
    assert rows_of(lake)[1] == {"id": 2.0, "d": Decimal("3.00"), "at": dt.datetime(2026, 1, 2)}
    with pytest.raises((SchemaRefused, ValuesDoNotFit)):
        write(lake, "raw.t", [{"d": Decimal("1.255")}], WritePlan())
    with pytest.raises(ValuesDoNotFit):
        write(lake, "raw.t", [{"id": 2**60 + 1}], WritePlan())


def test_every_type_comes_back(lake: Lake) -> None:
    row = {
        "id": 1,
        "flag": True,
        "text": "é",
        "bytes": b"\x00\xff",
        "day": dt.date(2026, 1, 1),
        "at": dt.datetime(2026, 1, 1, 1, 2, 3, 456),
        "utc": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "clock": dt.time(1, 2, 3),
        "amount": Decimal("12.50"),
        "tags": ["a", None],
        "deep": {"x": [{"y": 1}]},
    }
    write(lake, "raw.t", [row, dict.fromkeys(row) | {"id": 2}], WritePlan())
    assert rows_of(lake)[0] == row
    assert rows_of(lake)[1] == dict.fromkeys(row) | {"id": 2}


def test_columns_may_have_any_name(lake: Lake) -> None:
    row = {"a.b": 1, "with space": 2, "é": 3, 'quo"te': 4, "select": 5, "1st": 6, "s": {"x.y": 7}}
    plan = WritePlan(mode="merge", key=("a.b", "with space"))
    write(lake, "raw.t", [row], plan)
    assert write(lake, "raw.t", [row], plan).skipped
    assert rows_of(lake, order="a.b") == [row]


# Layout.


def test_partitions_and_order_lay_out_the_files(lake: Lake) -> None:
    plan = WritePlan(partition_by=("day(at)", "bucket(4, id)"), sort_by=("-id",))
    rows = [{"id": n, "at": dt.datetime(2026, 1, 1 + n % 3)} for n in range(30)]
    write(lake, "raw.t", rows, plan)
    described = lake.describe("raw.t")
    assert [f.transform for f in described.partition_fields] == ["day", "bucket[4]"]
    assert described.sort_fields == ("id",)
    files = lake.files("raw.t")
    assert len({file.partition["at_day"] for file in files}) == 3
    assert rows_of(lake) == rows


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("dya(at)", BadTransform),
        ("day(id)", BadTransform),
        ("bucket(id)", BadTransform),
        ("bucket(0, id)", BadTransform),
        ("day(att)", UnknownColumn),
        ("day(", BadTransform),
    ],
)
def test_bad_partitions_are_refused(lake: Lake, part: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        write(lake, "raw.t", [{"id": 1, "at": dt.datetime(2026, 1, 1)}],
              WritePlan(partition_by=(part,)))  # fmt: skip
    assert lake.tables() == ()
