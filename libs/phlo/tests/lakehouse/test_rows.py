"""Whatever a function may give comes out as the same rows."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.errors.queries import QueryFailed
from phlo.errors.rows import (
    DataOfAnotherShape,
    NotRows,
    SchemaRefused,
    UnsupportedType,
    ValuesDoNotFit,
)
from phlo.lakehouse import rows as rows_module
from phlo.lakehouse.write.stream import Stream

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": None}]


def read(data: Any, **options: Any) -> pa.Table:
    settings: dict[str, Any] = {"root": Path.cwd(), "existing": None, "schema": None}
    settings |= {"evolve": "add"} | options
    stream = Stream(data, "raw.t", **settings)
    parts = list(stream)
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})


@dataclasses.dataclass
class Order:
    id: int
    name: str | None


class OrderModel(pydantic.BaseModel):
    id: int
    name: str | None


OrderTuple = collections.namedtuple("OrderTuple", ["id", "name"])


def frames() -> list[Any]:
    table = pa.Table.from_pylist(ROWS)
    return [
        ROWS,
        tuple(ROWS),
        iter(ROWS),
        (row for row in ROWS),
        [ROWS[:1], ROWS[1:]],
        [Order(**row) for row in ROWS],
        [OrderModel(**row) for row in ROWS],
        [OrderTuple(**row) for row in ROWS],
        pd.DataFrame(ROWS),
        pl.DataFrame(ROWS),
        pl.LazyFrame(ROWS),
        table,
        table.to_batches()[0],
        table.to_reader(),
        ds.dataset(table),
        ds.dataset(table).scanner(),
        (part for part in (table.slice(0, 1), pd.DataFrame(ROWS[1:]))),
        [ROWS[0], table.slice(1)],
        [table.slice(0, 1), ROWS[1]],
    ]


@pytest.mark.parametrize("data", frames(), ids=lambda data: type(data).__name__)
def test_every_form_gives_the_same_rows(data: Any) -> None:
    assert read(data).to_pylist() == ROWS


def test_what_a_reader_raises_comes_through_as_it_is() -> None:
    def batches() -> Any:
        yield pa.record_batch({"id": [1]})
        raise QueryFailed("the query broke")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("id", pa.int64())]), batches())
    with pytest.raises(QueryFailed, match="the query broke"):
        read(reader)


def test_one_row_alone_is_a_row() -> None:
    assert read(ROWS[0]).to_pylist() == ROWS[:1]


def test_nothing_is_no_rows() -> None:
    assert read(None).num_rows == 0
    assert read([]).num_rows == 0


@pytest.mark.parametrize("data", [3, ["a"], [1, 2], b"x", object()])
def test_what_is_no_rows_is_refused(data: Any) -> None:
    with pytest.raises(NotRows):
        read(data)


def test_a_function_given_instead_of_its_rows_is_refused() -> None:
    with pytest.raises(NotRows, match="function"):
        read(lambda: ROWS)


def test_many_rows_come_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", 10)
    chunks = list(rows_module.chunks(({"id": i} for i in range(25)), Path.cwd()))
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]


def test_later_rows_bring_new_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", 2)
    table = read([{"a": 1}, {"a": 2}, {"a": 3, "b": "x"}, {"c": True}])
    assert table.to_pylist() == [
        {"a": 1, "b": None, "c": None},
        {"a": 2, "b": None, "c": None},
        {"a": 3, "b": "x", "c": None},
        {"a": None, "b": None, "c": True},
    ]


def test_nested_rows_keep_their_shape_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", 1)
    stream = Stream(
        [{"a": {"x": 1}, "l": [1]}, {"a": {"y": "z"}, "l": []}],
        "raw.t", root=Path.cwd(), existing=None, schema=None, evolve="add",
    )  # fmt: skip
    last = list(stream)[-1]
    assert last.to_pylist() == [{"a": {"x": None, "y": "z"}, "l": []}]


# Values are never changed silently.


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 1.5),
        (1, "x"),
        (dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, 5)),
        (dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        (True, 2),
        ("x", 1),
    ],
)
@pytest.mark.parametrize("size", [1, 10])
def test_a_later_value_of_another_type_is_refused(
    first: Any, second: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same chunk or in the next one; pyarrow alone would cut 1.5 to 1 and drop the zone."""
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", size)
    if size == 10 and {type(first), type(second)} == {int, float}:
        assert read([{"a": first}, {"a": second}]).to_pylist() == [{"a": 1.0}, {"a": 1.5}]
        return
    with pytest.raises((ValuesDoNotFit, SchemaRefused)) as caught:
        read([{"a": first}, {"a": second}])
    assert "'a'" in caught.value.message


def test_the_row_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValuesDoNotFit) as caught:
        read([{"a": i} for i in range(50)] + [{"a": "x"}])
    assert caught.value.row == 50
    assert "'x'" in caught.value.message


def test_an_int_beyond_long_is_refused() -> None:
    with pytest.raises(ValuesDoNotFit):
        read([{"a": 1}, {"a": 2**70}])


def test_unusual_values_are_understood() -> None:
    class Colour(enum.Enum):
        RED = "red"

    number = uuid.uuid4()
    row = read(
        [
            {
                "colour": Colour.RED,
                "uuid": number,
                "when": pd.Timestamp("2026-01-01"),
                "not_a_time": pd.NaT,
                "tags": ("a", "b"),
                "amount": decimal.Decimal("1.25"),
                "path": Path("a/b"),
            }
        ]
    ).to_pylist()[0]
    assert row == {
        "colour": "red",
        "uuid": str(number),
        "when": dt.datetime(2026, 1, 1),
        "tags": ["a", "b"],
        "amount": decimal.Decimal("1.25"),
        "path": "a/b",
    }


def test_a_column_without_any_value_waits_for_its_type() -> None:
    stream = Stream(
        [{"a": 1, "b": None}], "raw.t", root=Path.cwd(), existing=None, schema=None, evolve="add"
    )
    assert [part.column_names for part in stream] == [["a"]]
    assert stream.left_out() == ("b",)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (pa.array([1], pa.int8()), pa.int32()),
        (pa.array([1], pa.uint32()), pa.int64()),
        (pa.array([1], pa.uint64()), pa.int64()),
        (pa.array([1.5], pa.float32()), pa.float32()),
        (pa.array(["x"], pa.large_string()), pa.string()),
        (pa.array(["x"], pa.string_view()), pa.string()),
        (pa.array(["x"]).dictionary_encode(), pa.string()),
        (pa.array([b"x"], pa.large_binary()), pa.binary()),
        (pa.array([0], pa.timestamp("ns")), pa.timestamp("us")),
        (pa.array([0], pa.timestamp("ms", "Europe/Berlin")), pa.timestamp("us", "UTC")),
        (pa.array([0], pa.time32("s")), pa.time64("us")),
        (pa.array([decimal.Decimal("1.2")], pa.decimal256(10, 2)), pa.decimal128(10, 2)),
        (pa.array([[1]], pa.large_list(pa.int8())), pa.list_(pa.field("element", pa.int32()))),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_arrow_types_become_those_of_tables(given: pa.Array, wanted: pa.DataType) -> None:
    table = read(pa.table({"a": given}))
    assert table.schema.field("a").type == wanted
    assert table.column("a").null_count == 0


@pytest.mark.parametrize(
    "array",
    [pa.array([2**63], pa.uint64()), pa.array([1], pa.timestamp("ns"))],
    ids=["too large", "nanoseconds"],
)
def test_arrow_values_that_would_change_are_refused(array: pa.Array) -> None:
    with pytest.raises(ValuesDoNotFit):
        read(pa.table({"a": array}))


def test_a_duration_is_refused_with_a_way_out() -> None:
    with pytest.raises(UnsupportedType, match="duration") as caught:
        read([{"a": dt.timedelta(seconds=1)}])
    assert "seconds" in caught.value.fix.text


@pytest.mark.parametrize(
    "table",
    [
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        pa.table({"a": [1], "A": [2]}),
        pa.table({"": [1]}),
    ],
)
def test_names_that_sql_cannot_tell_apart_are_refused(table: pa.Table) -> None:
    with pytest.raises(DataOfAnotherShape):
        read(table)


def test_named_index_levels_of_pandas_are_columns() -> None:
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index([10, 20], name="k"))
    assert read(frame).to_pylist() == [{"k": 10, "v": 1}, {"k": 20, "v": 2}]
    assert read(pd.DataFrame({"v": [1]}, index=["x"])).to_pylist() == [{"v": 1}]


# Declared schemas.


@pytest.mark.parametrize(
    "schema",
    [
        pa.schema([("id", pa.int64()), ("name", pa.string())]),
        {"id": "long", "name": "string"},
        {"id": pa.int64(), "name": pa.string()},
        {"id": int, "name": str},
        Order,
        OrderModel,
    ],
    ids=["arrow", "names", "arrow types", "python types", "dataclass", "pydantic"],
)
def test_every_form_of_schema_converts_text(schema: Any) -> None:
    table = read([{"id": "7", "name": "a"}], schema=schema)
    assert table.to_pylist() == [{"id": 7, "name": "a"}]
    assert table.schema.field("id").type == pa.int64()


def test_a_declared_time_is_read_from_text() -> None:
    table = read([{"at": "2026-01-02T03:04:05Z"}], schema={"at": "timestamptz"})
    assert table.to_pylist() == [{"at": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)}]


def test_a_declared_type_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValuesDoNotFit, match="'id'"):
        read([{"id": "seven"}], schema={"id": "long"})
    with pytest.raises(ValuesDoNotFit, match="'id'"):
        read([{"id": 1.5}], schema={"id": "long"})


def test_a_required_column_must_have_values() -> None:
    with pytest.raises(ValuesDoNotFit, match="requires") as caught:
        read([{"id": 1, "name": None}, {"id": None, "name": None}], schema=Order)
    assert caught.value.row == 1
    with pytest.raises(ValuesDoNotFit, match="requires"):
        read([{"name": "x"}], schema=OrderModel)


values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=5),
    st.lists(st.integers(-5, 5), max_size=3),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), max_size=12))
def test_rows_come_out_as_they_went_in_or_are_refused(rows: list[dict[str, Any]]) -> None:
    """For any rows: each value is there again, equal, or the load is refused with its column."""
    try:
        table = read(rows)
    except (ValuesDoNotFit, SchemaRefused):
        return
    found = table.to_pylist()
    assert len(found) == (len(rows) if table.num_columns else 0)
    for before, after in zip(rows, found, strict=False):
        for name, value in before.items():
            if name not in table.column_names:
                assert value in (None, [])  # a column without a value has no type yet
                continue
            got = after[name]
            assert got == value
            # An int may have become the same float, never a bool or a text.
            assert type(got) is type(value) or {type(got), type(value)} == {int, float}
