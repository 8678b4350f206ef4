"""pyiceberg's REST client on the catalog that is served for one command."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
    UnauthorizedError,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType, TimestamptzType

from phlo.lakehouse.rest.server import serve
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.lake import Lake

ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["a", "b"]})


def open_catalog(url: str, token: str) -> RestCatalog:
    return RestCatalog("lake", uri=url, token=token)


@pytest.fixture
def rest(lake: Lake) -> Iterator[RestCatalog]:
    with serve(lake, "main") as served:
        yield open_catalog(served.url, served.token)


def ids(catalog: RestCatalog, table: str) -> list[int]:
    return sorted(catalog.load_table(table).scan().to_arrow()["id"].to_pylist())


def test_a_table_that_a_client_makes_is_a_table_of_the_lake(rest: RestCatalog, lake: Lake) -> None:
    rest.create_namespace("raw")
    rest.create_table("raw.orders", ROWS.schema).append(ROWS)
    assert lake.tables() == ("raw.orders",)
    assert lake.read("raw.orders").read_all()["id"].to_pylist() == [1, 2]
    # And phlo goes on where the client ended.
    write(lake, "raw.orders", [{"id": 3, "name": "c"}], WritePlan())
    assert ids(rest, "raw.orders") == [1, 2, 3]


def test_phlo_and_clients_make_tables_with_the_same_properties(
    rest: RestCatalog, lake: Lake
) -> None:
    write(lake, "raw.ours", [{"id": 1}], WritePlan())
    rest.create_table("raw.theirs", ROWS.schema, properties={"commit.retry.num-retries": "3"})
    ours, theirs = lake.describe("raw.ours").properties, lake.describe("raw.theirs").properties
    assert {**ours, "commit.retry.num-retries": "3"}.items() >= theirs.items()
    assert theirs["write.metadata.delete-after-commit.enabled"] == "false"


def test_layout_is_kept(rest: RestCatalog) -> None:
    schema = Schema(
        NestedField(5, "at", TimestamptzType(), required=True),
        NestedField(3, "id", LongType(), required=True),
        identifier_field_ids=[3],
    )
    rest.create_namespace("raw")
    table = rest.create_table(
        "raw.events",
        schema,
        partition_spec=PartitionSpec(PartitionField(5, 1000, DayTransform(), "at_day")),
        sort_order=SortOrder(SortField(3, IdentityTransform())),
    )
    assert [field.name for field in table.schema().fields] == ["at", "id"]
    assert table.schema().identifier_field_names() == {"id"}
    assert [f.source_id for f in table.spec().fields] == [table.schema().find_field("at").field_id]
    assert [f.source_id for f in table.sort_order().fields] == [
        table.schema().find_field("id").field_id
    ]


def test_namespaces(rest: RestCatalog) -> None:
    rest.create_namespace("raw", {"owner": "shop"})
    rest.create_namespace(("raw", "eu"))
    rest.create_namespace(("with.dot",))
    with pytest.raises(NamespaceAlreadyExistsError):
        rest.create_namespace("raw")
    assert sorted(rest.list_namespaces()) == [("raw",), ("with.dot",)]
    assert rest.list_namespaces("raw") == [("raw", "eu")]
    assert rest.load_namespace_properties("raw")["owner"] == "shop"
    summary = rest.update_namespace_properties("raw", {"owner", "nothing"}, {"x": "y"})
    assert (summary.removed, summary.updated, summary.missing) == (["owner"], ["x"], ["nothing"])
    with pytest.raises(NamespaceNotEmptyError):
        rest.drop_namespace("raw")
    rest.drop_namespace(("raw", "eu"))
    rest.drop_namespace("raw")
    assert not rest.namespace_exists("raw")
    with pytest.raises(NoSuchNamespaceError):
        rest.load_namespace_properties("raw")


def test_tables_come_and_go(rest: RestCatalog) -> None:
    rest.create_namespace("raw")
    with pytest.raises(NoSuchTableError):
        rest.load_table("raw.orders")
    rest.create_table("raw.orders", ROWS.schema)
    with pytest.raises(TableAlreadyExistsError):
        rest.create_table("raw.orders", ROWS.schema)
    rest.rename_table("raw.orders", "raw.sales")
    assert rest.list_tables("raw") == [("raw", "sales")]
    assert rest.table_exists("raw.sales")
    assert not rest.table_exists("raw.orders")
    location = rest.load_table("raw.sales").metadata_location
    rest.drop_table("raw.sales")
    rest.register_table("raw.again", location)
    assert rest.load_table("raw.again").metadata_location == location


def test_one_commit_for_rows_and_columns(rest: RestCatalog) -> None:
    rest.create_namespace("raw")
    with rest.create_table_transaction("raw.orders", ROWS.schema) as tx:
        tx.append(ROWS)
        assert not rest.table_exists("raw.orders")
    with rest.load_table("raw.orders").transaction() as tx:
        with tx.update_schema() as update:
            update.add_column("country", StringType())
        tx.append(pa.table({"id": [3], "name": ["c"], "country": ["DE"]}))
    table = rest.load_table("raw.orders")
    assert len(table.metadata.metadata_log) == 1
    assert sorted(row["id"] for row in table.scan().to_arrow().to_pylist()) == [1, 2, 3]


def test_what_is_written_on_a_branch_is_on_that_branch(lake: Lake) -> None:
    write(lake, "raw.orders", ROWS, WritePlan())
    lake.create_branch("fix/late")
    with serve(lake, "fix/late") as served:
        branch = open_catalog(served.url, served.token)
        branch.load_table("raw.orders").append(pa.table({"id": [3], "name": ["c"]}))
        branch.create_namespace("new")
        branch.create_table("new.table", ROWS.schema).append(ROWS)
    assert lake.read("raw.orders").read_all().num_rows == 2
    changed = next(ref.changed for ref in lake.refs() if ref.name == "fix/late")
    assert set(changed) == {"raw.orders", "new.table"}
    lake.publish("fix/late")
    assert lake.read("raw.orders").read_all().num_rows == 3
    assert lake.read("new.table").read_all().num_rows == 2


def test_of_two_commits_from_one_state_exactly_one_wins(rest: RestCatalog) -> None:
    rest.create_namespace("raw")
    table = rest.create_table(
        "raw.orders", ROWS.schema, properties={"commit.retry.num-retries": "0"}
    )
    table.append(ROWS)
    writers = 4
    together, outcomes = threading.Barrier(writers), []

    def overwrite(number: int) -> None:
        mine = rest.load_table("raw.orders")
        together.wait()
        try:
            mine.overwrite(pa.table({"id": [number], "name": ["x"]}))
            outcomes.append(number)
        except CommitFailedException:
            outcomes.append(None)

    threads = [threading.Thread(target=overwrite, args=(n,)) for n in range(10, 10 + writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [n for n in outcomes if n is not None]
    assert len(outcomes) == writers
    assert len(winners) == 1
    assert ids(rest, "raw.orders") == winners


def test_commits_that_do_not_meet_all_pass(rest: RestCatalog) -> None:
    rest.create_namespace("raw")
    rest.create_table("raw.orders", ROWS.schema)
    together = threading.Barrier(6)

    def set_property(number: int) -> None:
        mine = rest.load_table("raw.orders")
        together.wait()
        with mine.transaction() as tx:
            tx.set_properties({f"key{number}": "x"})

    threads = [threading.Thread(target=set_property, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    properties = rest.load_table("raw.orders").properties
    assert {f"key{n}" for n in range(6)} <= set(properties)


def test_without_its_token_nothing_is_said(lake: Lake) -> None:
    with serve(lake, "main") as served, pytest.raises(UnauthorizedError):
        open_catalog(served.url, "another")
