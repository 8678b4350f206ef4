"""The contract with pyiceberg's private parts: what phlo stands on, so that an upgrade shows it."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import AlwaysTrue, EqualTo, GreaterThan
from pyiceberg.manifest import ManifestContent

from phlo.errors.data import LakeMoved
from phlo.lakehouse import iceberg_internals as internals
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    write(lake, "raw.t", [{"id": 1}, {"id": 2}], WritePlan())
    return lake


@pytest.fixture
def catalog(lake: Lake) -> Iterator[internals.LakeCatalog]:
    with internals.open_catalog("main", lake.catalog_file, {}) as catalog:
        yield catalog


def new_file(table: Table, *ids: int) -> DataFile:
    rows = pa.table({"id": ids})
    (file,) = internals.write_data_files(
        table.metadata, rows, table.io, uuid.uuid4(), itertools.count()
    )
    return file


def replace(table: Table, dead: list[DataFile], new: list[DataFile]) -> None:
    tx = table.transaction()
    with internals.overwrite_files(tx, {"a": "b"}) as snapshot:
        snapshot.delete_by_predicate(AlwaysTrue())
        for file in dead:
            snapshot.delete_data_file(file)
        for file in new:
            snapshot.append_data_file(file)
    tx.commit_transaction()


def test_a_fresh_schema_numbers_nested_fields_and_leaves_them_optional() -> None:
    schema = internals.fresh_schema(
        pa.schema([("a", pa.int64()), ("s", pa.struct([("x", pa.string())]))])
    )
    assert schema.find_field("a").field_id == 1
    assert len({schema.find_field(name).field_id for name in ("a", "s", "s.x")}) == 3
    assert not schema.find_field("a").required


def test_an_overwrite_is_one_snapshot_and_carries_no_dead_manifests(
    catalog: internals.LakeCatalog,
) -> None:
    for number in range(3):
        table = catalog.load_table("raw.t")
        dead = [task.file for task in internals.plan(table.metadata, table.io)]
        replace(table, dead, [new_file(table, number)])
    table = catalog.load_table("raw.t")
    assert len(table.snapshots()) == 4
    snapshot = table.current_snapshot()
    assert snapshot is not None
    manifests = snapshot.manifests(table.io)
    # The one with the file, and the one that says what this snapshot deleted.
    assert len(manifests) == 2
    assert all(m.content == ManifestContent.DATA for m in manifests)
    assert table.scan().to_arrow().to_pylist() == [{"id": 2}]


def test_small_manifests_are_merged(lake: Lake, catalog: internals.LakeCatalog) -> None:
    for number in range(25):
        write(lake, "raw.t", [{"id": number}], WritePlan())
    table = catalog.load_table("raw.t")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    assert len(snapshot.manifests(table.io)) <= 11


def test_an_overtaken_replacement_is_refused_and_leaves_nothing(
    catalog: internals.LakeCatalog, lake: Lake
) -> None:
    late = internals.without_own_retries(catalog.load_table("raw.t"))
    dead = [task.file for task in internals.plan(late.metadata, late.io)]
    file = new_file(late, 9)
    write(lake, "raw.t", [{"id": 3}], WritePlan())
    with pytest.raises((CommitFailedException, ValidationException)):
        replace(late, dead, [file])
    rows = catalog.load_table("raw.t").scan().to_arrow().column("id").to_pylist()
    assert sorted(rows) == [1, 2, 3]


def test_without_own_retries_the_stored_setting_stays(
    catalog: internals.LakeCatalog, lake: Lake
) -> None:
    table = internals.without_own_retries(catalog.load_table("raw.t"))
    table.append(pa.table({"id": [5]}))
    assert lake.describe("raw.t").properties["commit.retry.num-retries"] == "20"


def test_the_guard_sees_the_table_before_it_is_committed(catalog: internals.LakeCatalog) -> None:
    class StopError(Exception):
        pass

    def stop(metadata: object) -> None:
        raise StopError

    catalog.guard = stop
    table = catalog.load_table("raw.t")
    with pytest.raises(StopError):
        table.append(pa.table({"id": [5]}))
    catalog.guard = None
    assert catalog.load_table("raw.t").scan().to_arrow().num_rows == 2


def test_the_catalog_keeps_old_metadata_files(lake: Lake, catalog: internals.LakeCatalog) -> None:
    table = catalog.load_table("raw.t")
    with table.transaction() as tx:
        tx.set_properties({"write.metadata.delete-after-commit.enabled": "true",
                           "write.metadata.previous-versions-max": "1"})  # fmt: skip
    first = lake.warehouse.rglob("00000-*.metadata.json")
    for number in range(3):
        catalog.load_table("raw.t").append(pa.table({"id": [number]}))
    assert len(list(first)) == 1


def test_reading_goes_through_deletes_and_conditions(catalog: internals.LakeCatalog) -> None:
    table = catalog.load_table("raw.t")
    tasks = internals.plan(table.metadata, table.io, EqualTo("id", 1))
    assert len(tasks) == 1
    assert internals.plan(table.metadata, table.io, GreaterThan("id", 100)) == []
    whole = internals.read_file(table.metadata, table.io, tasks[0], table.schema())
    assert whole.column("id").to_pylist() == [1, 2]
    batches = internals.read_batches(
        table.metadata, table.io, tasks, table.schema(), EqualTo("id", 2)
    )
    assert [row for batch in batches for row in batch.to_pylist()] == [{"id": 2}]


def test_a_transaction_says_whether_it_changes_anything(catalog: internals.LakeCatalog) -> None:
    tx = catalog.load_table("raw.t").transaction()
    assert not internals.has_updates(tx)
    tx.set_properties(a="b")
    assert internals.has_updates(tx)
    tx.commit_transaction()
    assert internals.committed_metadata(tx).properties["a"] == "b"


def test_connections_are_closed(lake: Lake) -> None:
    with internals.open_catalog("main", lake.catalog_file, {}) as catalog:
        catalog.load_table("raw.t")
        assert catalog.engine.pool.status() == "NullPool"


def test_metadata_that_is_gone_is_told(lake: Lake) -> None:
    with pytest.raises(LakeMoved):
        internals.load_metadata("raw.t", str(lake.folder / "nope.metadata.json"), {})
