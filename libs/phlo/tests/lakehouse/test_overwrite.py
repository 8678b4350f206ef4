"""Overwrite: the whole table or a part of it, in one snapshot."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from phlo.errors.queries import BadPredicate
from phlo.errors.rows import DuplicateKeys, OutsidePartition, SchemaRefused, UnknownColumn
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def rows_of(lake: Lake, table: str = "raw.t", order: str = "id") -> list[dict[str, Any]]:
    rows = lake.read(table).read_all().to_pylist()
    return sorted(rows, key=lambda row: (row[order] is None, row[order]))


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
