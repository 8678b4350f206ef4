"""Merge by key: what a dict would do, and nothing when nothing differs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.errors.data import NoMergeKey
from phlo.errors.rows import DuplicateKeys, NullKeys, UnknownColumn
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path

MERGE = WritePlan(mode="merge", key=("id",))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def rows_of(lake: Lake, table: str = "raw.t", order: str = "id") -> list[dict[str, Any]]:
    rows = lake.read(table).read_all().to_pylist()
    return sorted(rows, key=lambda row: (row[order] is None, row[order]))


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
