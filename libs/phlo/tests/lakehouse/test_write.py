"""Append, overwrite, merge: what the table holds afterwards, and what was told of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.errors.data import (
    BadPredicate,
    BadTableName,
    BadTransform,
    DuplicateKeys,
    NoMergeKey,
    NullKeys,
    OutsidePartition,
    SchemaRefused,
    UnknownColumn,
    UnknownRef,
    ValuesDoNotFit,
)
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


# Overwrite.


def test_overwrite_replaces_all_rows_in_one_snapshot(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1}, {"id": 2}], WritePlan())
    result = write(lake, "raw.t", [{"id": 3}], WritePlan(mode="overwrite"))
    assert (result.rows_added, result.rows_deleted, result.rows_total) == (1, 2, 1)
    assert rows_of(lake) == [{"id": 3}]
    assert len(lake.snapshots("raw.t")) == 2


def test_overwrite_with_the_same_rows_changes_nothing(lake: Lake) -> None:
    rows = [{"id": n, "name": f"n{n}"} for n in range(100)]
    plan = WritePlan(mode="overwrite")
    first = write(lake, "raw.t", rows, plan)
    before = sorted(lake.warehouse.rglob("*"))
    second = write(lake, "raw.t", rows, plan)
    assert second.skipped
    assert second.snapshot_id == first.snapshot_id
    assert sorted(lake.warehouse.rglob("*")) == before
    assert not write(lake, "raw.t", rows[:-1], plan).skipped


def test_overwrite_by_nothing_empties_the_table(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1}], WritePlan())
    result = write(lake, "raw.t", [], WritePlan(mode="overwrite"))
    assert (result.rows_deleted, result.rows_total, result.skipped) == (1, 0, False)
    assert write(lake, "raw.t", [], WritePlan(mode="overwrite")).skipped
    assert [c.name for c in lake.describe("raw.t").columns] == ["id"]


def test_overwrite_takes_the_columns_of_its_rows(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1, "old": "x", "kept": 1}], WritePlan())
    result = write(lake, "raw.t", [{"id": "a", "kept": None}], WritePlan(mode="overwrite"))
    assert set(result.schema_changes) >= {
        "changed 'id' from int64 to string",
        "removed 'old'",
    }
    assert rows_of(lake) == [{"id": "a", "kept": None}]
    with pytest.raises(SchemaRefused):
        write(lake, "raw.t", [{"id": 1}], WritePlan(mode="overwrite", evolve="widen"))


def test_overwrite_keeps_columns_that_lay_out_files(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1, "c": "x"}], WritePlan(partition_by=("c",)))
    with pytest.raises(SchemaRefused, match="lays out"):
        write(lake, "raw.t", [{"id": 1}], WritePlan(mode="overwrite"))


def test_overwrite_with_a_key_refuses_doubles(lake: Lake) -> None:
    plan = WritePlan(mode="overwrite", key=("id",))
    with pytest.raises(DuplicateKeys):
        write(lake, "raw.t", [{"id": 1}, {"id": 1}], plan)
    newest = WritePlan(mode="overwrite", key=("id",), dedupe_by="-v")
    write(lake, "raw.t", [{"id": 1, "v": 1}, {"id": 1, "v": 2}], newest)
    assert rows_of(lake) == [{"id": 1, "v": 2}]


def test_overwrite_of_a_part_keeps_the_rest(lake: Lake) -> None:
    rows = [{"id": n, "day": dt.date(2026, 1, 1 + n % 3)} for n in range(9)]
    write(lake, "raw.t", rows, WritePlan())
    plan = WritePlan(mode="overwrite", overwrite_filter="day = DATE '2026-01-02'")
    new = [{"id": 100, "day": dt.date(2026, 1, 2)}]
    result = write(lake, "raw.t", new, plan)
    assert (result.rows_added, result.rows_deleted, result.rows_total) == (1, 3, 7)
    assert rows_of(lake) == [row for row in rows if row["day"].day != 2] + new
    again = write(lake, "raw.t", new, plan)
    assert again.rows_total == 7
    assert rows_of(lake) == [row for row in rows if row["day"].day != 2] + new


def test_overwrite_of_a_part_drops_whole_files_of_a_partitioned_table(lake: Lake) -> None:
    rows = [{"id": n, "at": dt.datetime(2026, 1, 1 + n % 3, 5)} for n in range(9)]
    write(lake, "raw.t", rows, WritePlan(partition_by=("day(at)",)))
    text = "at >= '2026-01-02T00:00:00' AND at < '2026-01-03T00:00:00'"
    plan = WritePlan(mode="overwrite", overwrite_filter=text)
    result = write(lake, "raw.t", [], plan)
    assert (result.rows_deleted, result.rows_total, result.files) == (3, 6, 0)


def test_overwrite_of_a_part_refuses_rows_outside(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1, "region": "eu"}], WritePlan())
    plan = WritePlan(mode="overwrite", overwrite_filter="region = 'eu'")
    for outside in ("us", None):
        with pytest.raises(OutsidePartition, match="1 row"):
            write(lake, "raw.t", [{"id": 2, "region": outside}, {"id": 3, "region": "eu"}], plan)
    assert rows_of(lake) == [{"id": 1, "region": "eu"}]


def test_rows_of_no_known_value_are_not_overwritten(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1, "region": None}, {"id": 2, "region": "eu"}], WritePlan())
    write(lake, "raw.t", [], WritePlan(mode="overwrite", overwrite_filter="region <> 'us'"))
    assert rows_of(lake) == [{"id": 1, "region": None}]


@pytest.mark.parametrize(
    "text", ["region", "now() > 1", "region = other", "a = 1; drop", "lower(region) = 'x'", ""]
)
def test_bad_filters_are_refused(lake: Lake, text: str) -> None:
    write(lake, "raw.t", [{"id": 1, "region": "eu"}], WritePlan())
    with pytest.raises((BadPredicate, UnknownColumn)):
        write(lake, "raw.t", [], WritePlan(mode="overwrite", overwrite_filter=text))
    assert len(rows_of(lake)) == 1


# Merge.


def test_merge_inserts_updates_and_counts(lake: Lake) -> None:
    first = write(lake, "raw.t", [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}], MERGE)
    second = write(lake, "raw.t", [{"id": 2, "v": "B"}, {"id": 3, "v": "c"}], MERGE)
    assert (first.rows_added, first.rows_updated) == (2, 0)
    assert (second.rows_added, second.rows_updated, second.rows_total) == (1, 1, 3)
    assert rows_of(lake) == [{"id": 1, "v": "a"}, {"id": 2, "v": "B"}, {"id": 3, "v": "c"}]
    assert len(lake.snapshots("raw.t")) == 2
    assert lake.describe("raw.t").key == ("id",)


def test_the_same_merge_again_writes_nothing(lake: Lake) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "v": None if n % 2 else float(n), "l": [n], "at": dt.date(2026, 1, 1),
         "s": {"x": n, "y": [{"z": "a"}]}}
        for n in range(50)
    ]  # fmt: skip
    rows.append({"id": 50, "v": float("nan"), "l": None, "at": None, "s": None})
    first = write(lake, "raw.t", rows, MERGE)
    before = sorted(lake.warehouse.rglob("*"))
    second = write(lake, "raw.t", rows, MERGE)
    assert second.skipped
    assert (second.rows_in, second.rows_added, second.rows_updated) == (51, 0, 0)
    assert second.snapshot_id == first.snapshot_id
    assert sorted(lake.warehouse.rglob("*")) == before


def test_merge_leaves_files_alone_that_it_does_not_change(lake: Lake) -> None:
    for start in (0, 100, 200):
        rows = [{"id": n, "v": n} for n in range(start, start + 100)]
        write(lake, "raw.t", rows, WritePlan())
    before = {file.path for file in lake.files("raw.t")}
    write(lake, "raw.t", [{"id": 150, "v": -1}, {"id": 20, "v": 20}], MERGE)
    after = {file.path for file in lake.files("raw.t")}
    assert len(before & after) == 2


def test_merge_replaces_whole_rows(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 1, "a": "x", "b": "y"}], MERGE)
    write(lake, "raw.t", [{"id": 1, "a": "z"}], MERGE)
    assert rows_of(lake) == [{"id": 1, "a": "z", "b": None}]


def test_merge_by_several_columns(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("day", "carrier"))
    days = [dt.date(2026, 1, n) for n in (1, 2)]
    rows = [{"day": d, "carrier": c, "id": 0} for d in days for c in ("AA", "UA")]
    write(lake, "raw.t", rows, plan)
    result = write(lake, "raw.t", [rows[1] | {"id": 7}, {"day": days[0], "carrier": "DL", "id": 8}],
                   plan)  # fmt: skip
    assert (result.rows_added, result.rows_updated, result.rows_total) == (1, 1, 5)
    assert [row["id"] for row in rows_of(lake)] == [0, 0, 0, 7, 8]
    assert write(lake, "raw.t", rows[2:], plan).skipped


@pytest.mark.parametrize(
    "keys",
    [
        ["a", "b", "c" * 40],
        [dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(1969, 1, 1)],
        [dt.datetime(2026, 1, 1, 1), dt.datetime(2026, 1, 1, 2), dt.datetime(1950, 1, 1)],
        [dt.datetime(2026, 1, n, tzinfo=dt.UTC) for n in (1, 2, 3)],
        [Decimal("1.10"), Decimal("2.20"), Decimal("-3.30")],
        [b"a", b"b", b"\xff"],
        [1.5, 2.5, -0.5],
        [True, False],
        [dt.time(1), dt.time(2)],
        ["é", "日本", "\U0010ffff" * 17],
    ],
    ids=lambda keys: type(keys[0]).__name__,
)
@pytest.mark.parametrize("others", [(), ("x",)])
def test_merge_by_any_type(lake: Lake, keys: list[Any], others: tuple[str, ...]) -> None:
    plan = WritePlan(mode="merge", key=("id", *others))
    rows = [{"id": key, "v": n, "x": 1} for n, key in enumerate(keys)]
    write(lake, "raw.t", rows[:-1], plan)
    assert write(lake, "raw.t", rows[:-1], plan).skipped
    changed = [row | {"v": row["v"] + 10} for row in rows]
    result = write(lake, "raw.t", changed, plan)
    assert (result.rows_added, result.rows_updated) == (1, len(rows) - 1)
    assert rows_of(lake, order="v") == changed


def test_merge_moves_rows_between_partitions(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("id",), partition_by=("country",))
    write(lake, "raw.t", [{"id": 1, "country": "de"}, {"id": 2, "country": "fr"}], plan)
    write(lake, "raw.t", [{"id": 1, "country": "fr"}], plan)
    assert rows_of(lake) == [{"id": 1, "country": "fr"}, {"id": 2, "country": "fr"}]


def test_merge_deletes_what_the_source_says(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("id",), delete_when="op = 'D'")
    write(lake, "raw.t", [{"id": n, "op": None} for n in range(3)], plan)
    source = [{"id": 0, "op": "D"}, {"id": 9, "op": "D"}, {"id": 5, "op": "I"}]
    result = write(lake, "raw.t", source, plan)
    assert (result.rows_added, result.rows_deleted, result.rows_total) == (1, 1, 3)
    assert [row["id"] for row in rows_of(lake)] == [1, 2, 5]
    assert write(lake, "raw.t", [{"id": 0, "op": "D"}], plan).skipped


def test_merge_of_deletes_into_a_new_table_makes_it_empty(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("id",), delete_when="op = 'D'")
    assert write(lake, "raw.t", [{"id": 0, "op": "D"}], plan).rows_total == 0


def test_merge_refuses_keys_that_do_not_identify(lake: Lake) -> None:
    with pytest.raises(NullKeys, match="1 in 'id'"):
        write(lake, "raw.t", [{"id": None, "v": 1}, {"id": 1, "v": 2}], MERGE)
    with pytest.raises(NullKeys):
        write(lake, "raw.t", [{"id": float("nan"), "v": 1}], MERGE)
    with pytest.raises(DuplicateKeys, match="id=1") as caught:
        write(lake, "raw.t", [{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"id": 2, "v": 0}], MERGE)
    assert "1 key " in caught.value.message
    with pytest.raises(UnknownColumn, match="'id'"):
        write(lake, "raw.t", [{"no": 1}], MERGE)
    with pytest.raises(NoMergeKey, match="no key"):
        write(lake, "raw.t", [{"id": 1}], WritePlan(mode="merge"))
    with pytest.raises(NoMergeKey, match="list"):
        write(lake, "raw.t", [{"id": [1]}], MERGE)
    assert lake.tables() == ()


@pytest.mark.parametrize(("by", "wanted"), [("-v", "new"), ("v", "old")])
def test_dedupe_by_chooses_among_rows_of_one_key(lake: Lake, by: str, wanted: str) -> None:
    plan = WritePlan(mode="merge", key=("id",), dedupe_by=by)
    rows = [{"id": 1, "v": 1, "n": "old"}, {"id": 1, "v": 2, "n": "new"},
            {"id": 1, "v": None, "n": "none"}, {"id": 2, "v": 1, "n": "x"}]  # fmt: skip
    write(lake, "raw.t", rows, plan)
    assert [row["n"] for row in rows_of(lake)] == [wanted, "x"]


def test_dedupe_by_takes_the_last_of_equal_rows(lake: Lake) -> None:
    plan = WritePlan(mode="append", key=("id",), dedupe_by="-v")
    write(lake, "raw.t", [{"id": 1, "v": 1, "n": "a"}, {"id": 1, "v": 1, "n": "b"}], plan)
    assert rows_of(lake) == [{"id": 1, "v": 1, "n": "b"}]


def test_merge_heals_keys_that_appends_doubled(lake: Lake) -> None:
    for _ in range(2):
        write(lake, "raw.t", [{"id": 1, "v": 1}, {"id": 2, "v": 2}], WritePlan())
    result = write(lake, "raw.t", [{"id": 1, "v": 1}], MERGE)
    assert (result.rows_updated, result.rows_deleted, result.rows_total) == (0, 1, 3)
    assert [row["id"] for row in rows_of(lake)] == [1, 2, 2]


def test_merge_from_disk_equals_merge_from_memory(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phlo.lakehouse.write.spool.MEMORY_BYTES", 1)
    parts = [pa.table({"id": range(n, n + 10), "v": ["x"] * 10}) for n in range(0, 50, 10)]
    parts.append(pa.table({"id": [100], "late": [1.5]}))
    write(lake, "raw.t", parts, MERGE)
    assert len(rows_of(lake)) == 51
    assert rows_of(lake)[-1] == {"id": 100, "v": None, "late": 1.5}
    assert write(lake, "raw.t", parts, MERGE).skipped
    assert list(lake.temporary.iterdir()) == []


changes = st.lists(
    st.lists(
        st.tuples(st.integers(0, 8), st.one_of(st.none(), st.sampled_from(["a", "b"])),
                  st.booleans()),
        max_size=6,
        unique_by=lambda row: row[0],
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(changes)
def test_merges_are_what_a_dict_would_do(
    tmp_path_factory: pytest.TempPathFactory, loads: list[list[tuple[int, str | None, bool]]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    plan = WritePlan(
        mode="merge", key=("id",), delete_when="gone", schema={"id": "long", "v": "string",
                                                               "gone": "boolean"},
    )  # fmt: skip
    model: dict[int, str | None] = {}
    for load in loads:
        before = dict(model)
        result = write(lake, "raw.t", [{"id": i, "v": v, "gone": g} for i, v, g in load], plan)
        for key, value, gone in load:
            if gone:
                model.pop(key, None)
            else:
                model[key] = value
        assert result.rows_added == len(model.keys() - before.keys())
        assert result.rows_deleted == len(before.keys() - model.keys())
        assert result.rows_updated == sum(
            before[k] != model[k] for k in before.keys() & model.keys()
        )
        assert result.rows_total == len(model)
        assert {row["id"]: row["v"] for row in rows_of(lake)} == model
