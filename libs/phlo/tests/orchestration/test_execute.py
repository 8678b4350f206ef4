from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import phlo
from phlo.checks import not_null, row_count, unique
from phlo.errors import PhloError
from phlo.orchestration.store import Store
from phlo.testing import Lakehouse, materialize

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path / "lakehouse")


def refs(lakehouse: Lakehouse) -> list[str]:
    return [ref.name for ref in lakehouse.lake.refs()]


def test_rows_of_a_function_are_published(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.orders", key="id", description="Orders")
    def orders() -> Any:
        yield {"id": 1, "amount": 2.5}
        yield [{"id": 2, "amount": 3.5}]

    made = lakehouse.materialize(orders)

    assert made.state == "succeeded"
    assert made.rows() == [{"id": 1, "amount": 2.5}, {"id": 2, "amount": 3.5}]
    assert made.steps[0].rows_added == 2
    assert refs(lakehouse) == ["main"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": 1}, {"id": 2}],
        pa.table({"id": [1, 2]}),
        pa.table({"id": [1, 2]}).to_batches()[0],
    ],
)
def test_rows_in_every_form_are_taken(lakehouse: Lakehouse, rows: Any) -> None:
    @phlo.ingestion(table="raw.x")
    def x() -> Any:
        return rows

    assert lakehouse.materialize(x).rows() == [{"id": 1}, {"id": 2}]


def test_an_async_function_is_run(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x")
    async def x() -> Any:
        return [{"id": 1}]

    assert lakehouse.materialize(x).rows() == [{"id": 1}]


def test_a_second_merge_of_the_same_rows_changes_nothing(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.orders", key="id")
    def orders() -> Any:
        return [{"id": 1}, {"id": 2}]

    lakehouse.materialize(orders)
    before = lakehouse.lake.metadata_location("raw.orders")
    again = lakehouse.materialize(orders)

    assert again.steps[0].reason == "unchanged"
    assert lakehouse.lake.metadata_location("raw.orders") == before


def test_an_overwrite_by_equal_rows_keeps_the_snapshot(lakehouse: Lakehouse) -> None:
    rows = [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": None}]

    @phlo.ingestion(table="raw.x", mode="overwrite")
    def x() -> Any:
        return list(reversed(rows))

    lakehouse.materialize(x)
    before = lakehouse.lake.metadata_location("raw.x")
    assert lakehouse.materialize(x).steps[0].reason == "unchanged"
    assert lakehouse.lake.metadata_location("raw.x") == before
    rows[0]["id"] = 3
    made = lakehouse.materialize(x)

    assert made.steps[0].reason is None
    assert sorted(row["id"] for row in made.rows()) == [2, 3]
    assert made.steps[0].rows_total == 2


def test_a_failing_blocking_check_leaves_the_table_untouched(lakehouse: Lakehouse) -> None:
    rows: list[dict[str, Any]] = [{"id": 1}]

    @phlo.ingestion(table="raw.x", mode="overwrite", checks=[unique("id"), row_count(min=1)])
    def x() -> Any:
        return rows

    @phlo.asset(table="marts.y")
    def y(x: phlo.Table) -> Any:
        return x.arrow()

    lakehouse.materialize(x, y)
    rows.append({"id": 1})
    made = lakehouse.materialize(x, y)

    held, skipped = made.steps
    assert (held.state, skipped.state) == ("held_back", "skipped")
    assert skipped.reason == "not made because 'raw.x' was held back"
    assert [(c.spec.name, c.status, c.failed) for c in made.checks] == [
        ("unique:id", "failed", 1), ("row_count", "passed", 0),
    ]  # fmt: skip
    assert made.checks[0].ref == "main"
    assert lakehouse.query("select count(*) from raw.x") == [(1,)]
    assert refs(lakehouse) == ["main"]


def test_the_first_rows_of_a_table_can_be_held_back_too(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", checks=[not_null("id")])
    def x() -> Any:
        return [{"id": None, "a": 1}, {"id": 2, "a": 1}]

    assert lakehouse.materialize(x).state == "held_back"
    assert lakehouse.lake.tables() == ()
    assert not list(lakehouse.lake.warehouse.rglob("*.parquet"))


def test_a_warning_does_not_block(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", checks=[unique("id", severity="warn")])
    def x() -> Any:
        return [{"id": 1}, {"id": 1}]

    made = lakehouse.materialize(x)

    assert (made.state, made.checks[0].status) == ("succeeded", "warned")


def test_without_checks_nothing_is_held_back(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", checks=[unique("id")])
    def x() -> Any:
        return [{"id": 1}, {"id": 1}]

    made = lakehouse.materialize(x, checks=False)

    assert (made.state, made.checks) == ("succeeded", ())


def test_python_checks_may_give_a_bool_a_result_or_rows(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x")
    def x() -> Any:
        return [{"id": n} for n in range(10)]

    @phlo.quality(table="raw.x")
    def is_there(x: phlo.Table) -> bool:
        return x.arrow().num_rows == 10

    @phlo.quality(table="raw.x", severity="warn")
    def has_few(x: phlo.Table) -> phlo.CheckResult:
        return phlo.CheckResult(x.arrow().num_rows < 5, failed=5, message="too many")

    @phlo.quality(table="raw.x", severity="warn")
    def has_small(x: phlo.Table) -> Any:
        return x.scan(where="id > 7")

    @phlo.quality(table="raw.x", severity="warn")
    def has_odd(x: phlo.Table) -> Any:
        for batch in x.batches():
            yield from (row for row in batch.to_pylist() if row["id"] % 2)

    @phlo.quality(table="raw.x", severity="warn")
    def breaks(x: phlo.Table) -> Any:
        raise KeyError(x.arrow().num_rows)

    made = lakehouse.materialize(x, is_there, has_few, has_small, has_odd, breaks)
    found = {check.spec.name: check for check in made.checks}

    assert found["is_there"].status == "passed"
    assert (found["has_few"].status, found["has_few"].message) == ("warned", "too many")
    assert (found["has_small"].failed, found["has_small"].sample_rows) == (2, ((8,), (9,)))
    assert found["has_odd"].failed == 5
    assert found["breaks"].status == "error"
    assert made.state == "succeeded"


def test_a_function_that_fails_is_told_with_its_line(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x")
    def x() -> Any:
        yield {"id": 1}
        raise RuntimeError("the shop is closed")

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)

    assert error.value.code == "PHLO-D954"
    assert "the shop is closed" in error.value.message
    assert lakehouse.lake.tables() == ()
    assert refs(lakehouse) == ["main"]


def test_a_step_is_tried_again_as_often_as_it_says(lakehouse: Lakehouse) -> None:
    tries: list[int] = []

    @phlo.ingestion(table="raw.x", retries=2, retry_delay="0s")
    def x(context: phlo.Context) -> Any:
        tries.append(context.attempt)
        yield {"id": len(tries)}
        if len(tries) < 3:
            raise OSError("not now")

    made = lakehouse.materialize(x)

    assert tries == [1, 2, 3]
    assert (made.rows(), made.steps[0].attempt) == ([{"id": 3}], 3)


def test_a_step_that_takes_too_long_is_ended(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", timeout="0.3s")
    def x() -> Any:
        yield {"id": 1}
        time.sleep(60)

    began = time.monotonic()
    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)

    assert error.value.code == "PHLO-D956"
    assert time.monotonic() - began < 30


def test_a_conflict_is_rebuilt_from_what_the_table_is_then(lakehouse: Lakehouse) -> None:
    calls: list[int] = []

    @phlo.ingestion(table="raw.x", key="id")
    def x() -> Any:
        calls.append(1)
        if len(calls) == 2:  # somebody else publishes while this run is at it
            lakehouse.write("raw.x", [{"id": 1, "by": "them"}, {"id": 9, "by": "them"}])
        return [{"id": 1, "by": f"us {len(calls)}"}]

    lakehouse.materialize(x)
    made = lakehouse.materialize(x)

    assert len(calls) == 3
    assert sorted((row["id"], row["by"]) for row in made.rows()) == [(1, "us 3"), (9, "them")]
    assert made.steps[0].attempt == 2


def test_a_table_that_always_moves_is_given_up(lakehouse: Lakehouse) -> None:
    numbers = iter(range(1, 1000))

    @phlo.ingestion(table="raw.x", mode="overwrite")
    def x() -> Any:
        lakehouse.write("raw.x", [{"id": next(numbers), "a": 1}])
        return [{"id": 1}]

    lakehouse.write("raw.x", [{"id": 0, "a": 1}])
    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)

    assert error.value.code == "PHLO-D960"
    assert refs(lakehouse) == ["main"]


def test_a_rebuild_reads_the_inputs_that_the_first_try_read(lakehouse: Lakehouse) -> None:
    seen: list[list[int]] = []
    lakehouse.write("raw.a", [{"n": 1}])
    lakehouse.write("marts.b", [{"n": 0}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        rows = a.arrow()
        seen.append(rows.column("n").to_pylist())
        if len(seen) == 1:
            lakehouse.write("raw.a", [{"n": 2}])
            lakehouse.write("marts.b", [{"n": 5}])
        return rows

    made = lakehouse.materialize(b)

    assert seen == [[1], [1]]
    assert made.rows() == [{"n": 1}]


def test_tables_are_read_in_every_form(lakehouse: Lakehouse) -> None:
    import pandas as pd
    import polars as pl

    lakehouse.write("raw.a", [{"n": n, "s": str(n)} for n in range(5)])
    found: dict[str, Any] = {}

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        found["polars"] = a.polars()
        found["pandas"] = a.pandas()
        found["duckdb"] = a.duckdb().aggregate("sum(n)").fetchall()
        found["scan"] = a.scan(["s"], where="n > 1").scan(where="n < 4").arrow().to_pylist()
        found["direct"] = pl.DataFrame(a)
        found["batches"] = sum(batch.num_rows for batch in a.batches())
        return found["polars"]

    lakehouse.materialize(b)

    assert isinstance(found["polars"], pl.DataFrame)
    assert isinstance(found["pandas"], pd.DataFrame)
    assert found["duckdb"] == [(10,)]
    assert found["scan"] == [{"s": "2"}, {"s": "3"}]
    assert found["direct"].height == found["batches"] == 5


def test_a_query_of_a_function_names_its_tables(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}, {"n": 2}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select sum(n) as n, {'k': 1} as s from {a} where n < 5")

    assert lakehouse.materialize(b).rows() == [{"n": 3, "s": {"k": 1}}]


def test_a_query_is_in_the_dialect_of_the_project_or_its_own(tmp_path: Path) -> None:
    """What runs it, DuckDB, knows no backticks, and divides 7 by 2 into 3.5, as MySQL does."""
    lakehouse = Lakehouse(tmp_path / "lake", dialect="mysql")
    lakehouse.write("raw.a", [{"n": 7, "a b": 2}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select `n` / `a b` as `of it` from {a}")

    @phlo.asset(table="marts.c")
    def c(a: phlo.Table) -> Any:
        return phlo.sql('select approx_distinct("a b") as kinds from {a}', dialect="trino")

    @phlo.asset(table="marts.d")
    def d(a: phlo.Table) -> Any:
        return a.scan(["a b"], where="`n` > 6 and ifnull(`a b`, 0) = 2")

    assert lakehouse.materialize(b).rows() == [{"of it": 3.5}]
    assert lakehouse.materialize(c).rows() == [{"kinds": 1}]
    assert lakehouse.materialize(d).rows() == [{"a b": 2}]


def test_a_query_that_the_engine_cannot_be_told_is_refused(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select my_own(n) as n from {a}", dialect="trino")

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(b)
    assert error.value.code == "PHLO-A824"
    assert "my_own" in error.value.message
    assert 'dialect="duckdb"' in error.value.fix.text


def test_a_query_that_names_what_it_does_not_take_is_refused(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select * from {aa}")

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(b)
    assert "did you mean 'a'" in error.value.fix.text


def test_a_query_without_rows_makes_the_table(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select n, 'x' as s from {a} where false")

    made = lakehouse.materialize(b)

    assert made.arrow().column_names == ["n", "s"]
    assert made.rows() == []


def test_a_function_that_gives_no_rows_is_fine(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", checks=[not_null("id")])
    def x() -> Any:
        return []

    made = lakehouse.materialize(x)

    assert made.state == "succeeded"
    assert lakehouse.lake.tables() == ()


def test_a_cursor_moves_with_the_rows_and_not_without(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", checks=[unique("id")])
    def x(context: phlo.Context) -> Any:
        begin = context.state.get("next", 0)
        yield from ({"id": n} for n in range(begin, begin + 3))
        context.state["next"] = begin + (3 if begin < 3 else 0)
        if begin >= 3:
            yield {"id": 3}

    lakehouse.materialize(x)
    held = lakehouse.materialize(x)
    with Store.open(lakehouse.root) as store:
        state = store.asset_state("raw.x")

    assert held.state == "held_back"
    assert state == {"next": 3}
    assert lakehouse.query("select count(*) from raw.x") == [(3,)]


def test_a_full_refresh_makes_the_table_anew(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x")
    def x(context: phlo.Context) -> Any:
        begin = context.state.get("next", 0)
        context.state["next"] = begin + 1
        return [{"id": begin, "fresh": context.full_refresh}]

    lakehouse.materialize(x)
    lakehouse.materialize(x)
    made = lakehouse.materialize(x, full_refresh=True)

    assert made.rows() == [{"id": 0, "fresh": True}]


def test_days_are_made_one_by_one_and_again_without_doubles(lakehouse: Lakehouse) -> None:
    asked: list[str] = []

    @phlo.ingestion(
        table="raw.x", partitions=phlo.daily("2026-01-01", column="ts"), partition_by="day(ts)"
    )
    def x(day: phlo.Partition) -> Any:
        asked.append(day.key)
        assert day.start is not None
        return [{"ts": day.start, "n": len(asked)}, {"ts": day.start, "n": 100}]

    lakehouse.materialize(x, partition="2026-01-01..2026-01-03")
    made = lakehouse.materialize(x, partition="2026-01-02")
    found = lakehouse.query(
        "select ts::date::varchar, min(n), count(*) from raw.x group by 1 order by 1"
    )

    assert asked == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-02"]
    assert found == [("2026-01-01", 1, 2), ("2026-01-02", 4, 2), ("2026-01-03", 3, 2)]
    assert made.steps[0].partition == "2026-01-02"


@pytest.mark.parametrize("kind", ["date", "text", "naive", "aware"])
def test_the_column_of_a_day_may_have_any_type_of_time(lakehouse: Lakehouse, kind: str) -> None:
    @phlo.ingestion(table="raw.x", partitions=phlo.daily("2026-01-01", column="at"))
    def x(day: phlo.Partition) -> Any:
        assert day.start is not None
        forms = {
            "date": day.start.date(),
            "text": day.key,
            "naive": day.start.replace(tzinfo=None, hour=23),
            "aware": day.start.replace(hour=23),
        }
        return [{"at": forms[kind]}]

    for key in ("2026-01-01..2026-01-02", "2026-01-02"):
        lakehouse.materialize(x, partition=key)

    assert lakehouse.query("select count(*) from raw.x") == [(2,)]


@pytest.mark.parametrize("is_first", [True, False])
def test_rows_outside_of_their_partition_are_refused(lakehouse: Lakehouse, is_first: bool) -> None:
    @phlo.ingestion(table="raw.x", partitions=phlo.static("eu", "us", column="region"))
    def x(partition: phlo.Partition) -> Any:
        wrong = "asia" if partition.key == ("eu" if is_first else "us") else partition.key
        return [{"region": partition.key}, {"region": wrong}]

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)

    assert error.value.code == "PHLO-D917"
    assert "asia" in error.value.message
    # The other partition is fine, and is there.
    assert lakehouse.query("select distinct region from raw.x") == [("us" if is_first else "eu",)]


def test_static_partitions_are_all_made_unless_one_is_chosen(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", partitions=phlo.static("eu", "us", column="region"))
    def x(partition: phlo.Partition) -> Any:
        return [{"region": partition.key}]

    assert [s.partition for s in lakehouse.materialize(x).steps] == ["eu", "us"]
    assert [s.partition for s in lakehouse.materialize(x, partition="us").steps] == ["us"]
    assert lakehouse.query("select count(*) from raw.x") == [(2,)]


def test_a_day_that_is_needed_and_not_chosen_is_asked_for(lakehouse: Lakehouse) -> None:
    @phlo.ingestion(table="raw.x", partitions=phlo.daily("2026-01-01"))
    def x(day: phlo.Partition) -> Any:
        return []

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)
    assert error.value.code == "PHLO-A821"
    assert "--partition 2026-" in error.value.fix.text


def test_what_a_function_prints_and_logs_is_kept(lakehouse: Lakehouse) -> None:
    import logging

    @phlo.ingestion(table="raw.x")
    def x(context: phlo.Context) -> Any:
        print("page", 1)
        context.log.info("asked %s", "nicely")
        logging.getLogger("shop").warning("slow")
        logging.getLogger("shop").info("too much detail")
        print("no end of line", end="")
        return [{"id": 1}]

    lakehouse.materialize(x)
    with Store.open(lakehouse.root) as store:
        lines = [e.data["message"] for e in store.events() if e.type == "log"]

    assert lines == ["page 1", "asked nicely", "slow", "no end of line"]


def test_materializations_say_what_they_read(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return a.arrow()

    lakehouse.materialize(b)
    with Store.open(lakehouse.root) as store:
        made = store.latest_materializations()["marts.b"]

    assert made.inputs == {"raw.a": lakehouse.lake.describe("raw.a").snapshot_id}
    assert made.snapshot_id == lakehouse.lake.describe("marts.b").snapshot_id


def test_one_asset_is_made_in_a_lakehouse_of_its_own() -> None:
    @phlo.ingestion(table="raw.x")
    def x() -> Any:
        return [{"id": 1}]

    assert materialize(x).rows() == [{"id": 1}]


def test_secrets_are_not_kept_in_logs_or_errors(lakehouse: Lakehouse) -> None:
    file = lakehouse.root / ".phlo" / "state" / "secrets.env"
    file.parent.mkdir(parents=True)
    file.write_text("SHOP_TOKEN=hunter2hunter2\n")

    @phlo.ingestion(table="raw.x")
    def x(context: phlo.Context) -> Any:
        print("with", context.secrets["SHOP_TOKEN"])
        raise RuntimeError(f"refused: {context.secrets['SHOP_TOKEN']}")

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(x)
    with Store.open(lakehouse.root) as store:
        kept = str(store.events())

    assert "refused: ***" in error.value.message
    assert "with ***" in kept
    assert "hunter2" not in kept


def test_a_query_that_fails_is_told_at_the_asset(lakehouse: Lakehouse) -> None:
    lakehouse.write("raw.a", [{"n": 1}])

    @phlo.asset(table="marts.b")
    def b(a: phlo.Table) -> Any:
        return phlo.sql("select nothing from {a}")

    with pytest.raises(PhloError) as error:
        lakehouse.materialize(b)

    assert error.value.code == "PHLO-D920"
    assert error.value.where is not None
    assert error.value.where.file != "<sql>"
