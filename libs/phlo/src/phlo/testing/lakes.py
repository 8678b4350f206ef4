"""The tests of an object store that keeps the project's tables, for the package of the store.

class TestLake(LakeInAStore):
    @pytest.fixture(scope="class")
    def lake(self, tmp_path_factory):
        project = StoreProject(tmp_path_factory.mktemp("lake"))
        ...
        yield project
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from phlo.lakehouse.lake import Lake

_WORKFLOW = """
import phlo
from phlo.checks import between


@phlo.ingestion(table="raw.sales", key="id")
def sales():
    for number in range(ROWS):
        yield {"id": number, "amount": number * FACTOR, "shop": f"s{number % 7}"}


@phlo.quality(table="raw.sales")
def sales_are_sound(sales: phlo.Table):
    yield between("amount", 0, 1_000_000)
"""
_MART = "select shop, sum(amount) as amount from raw.sales group by shop\n"
TOTAL = "select count(*), cast(sum(amount) as bigint) from raw.sales"


class StoreProject(ProjectFolder):
    """A project whose tables are in the store that its phlo.yaml says."""

    settings: Mapping[str, str] = {}

    def rows_are(self, rows: int, factor: int = 1) -> None:
        """Write what the next run brings in."""
        text = _WORKFLOW.replace("ROWS", str(rows)).replace("FACTOR", str(factor))
        self.write("workflows/sales.py", text)
        self.write("workflows/marts/shops.sql", _MART)

    def total(self, *more: str) -> list[Any]:
        """Return how many rows there are, and the sum of their amounts, by DuckDB."""
        return list(self.json("query", TOTAL, *more)["rows"][0])

    def made(self, *more: str) -> None:
        """Make all tables."""
        done = self.phlo("materialize", *more)
        assert done.returncode == 0, done.stdout + done.stderr


class LakeInAStore:
    """Subclass it with a fixture `lake` of scope class: a `StoreProject` whose store runs.

    The order of the tests is that of a person's days with it.
    """

    def test_tables_are_made_in_the_bucket(self, lake: StoreProject) -> None:
        """Rows are written, checked, published and read; no data file is in the folder."""
        lake.rows_are(1000)
        lake.made()
        assert lake.total() == [1000, 499_500]
        assert not list((lake.root / ".phlo" / "lake").rglob("*.parquet"))

    def test_a_check_that_fails_leaves_the_table(self, lake: StoreProject) -> None:
        """The rows were on a branch, which is dropped."""
        lake.rows_are(1000, factor=-1)
        done = lake.phlo("materialize")
        assert done.returncode == 12, done.stdout + done.stderr
        assert lake.total() == [1000, 499_500]

    def test_a_branch_is_published_at_once(self, lake: StoreProject) -> None:
        """Nobody who reads main sees it before."""
        assert lake.phlo("branch", "create", "dev").returncode == 0
        lake.rows_are(1500)
        lake.made("--ref", "dev")
        assert lake.total() == [1000, 499_500]
        assert lake.total("--ref", "dev") == [1500, 1_124_250]
        assert lake.phlo("branch", "publish", "dev").returncode == 0
        assert lake.total() == [1500, 1_124_250]

    def test_pyiceberg_reads_the_same_rows(self, lake: StoreProject) -> None:
        """By the metadata file that the catalog names, and the keys that phlo tells."""
        rows = read_by_pyiceberg(lake, "raw.sales")
        assert [rows.num_rows, sum(rows.column("amount").to_pylist())] == lake.total()

    def test_what_no_table_names_is_swept(self, lake: StoreProject) -> None:
        """A file that nobody committed goes, and the rows stay."""
        from pyiceberg.io.pyarrow import PyArrowFileIO

        opened = opened_by(lake)
        stray = f"{opened.storage.new_location('raw', 'stray')}/data/stray.parquet"
        with PyArrowFileIO(dict(opened.storage.properties)).new_output(stray).create() as file:
            file.write(b"stray")
        swept = opened.sweep(grace=timedelta(0))
        assert swept.files >= 1
        with pytest.raises(FileNotFoundError):
            opened.storage.read(stray)
        assert lake.total() == [1500, 1_124_250]


def opened_by(project: ProjectFolder) -> Lake:
    """Return a project's lake, opened in this process."""
    from phlo.open_lake import open_lake

    return open_lake(project.root, {k: v for k, v in os.environ.items() if "PHLO_" not in k})


def read_by_pyiceberg(project: ProjectFolder, table: str) -> pa.Table:
    """Return a table's rows as pyiceberg reads them, without phlo's own way to."""
    from pyiceberg.table import StaticTable

    lake = opened_by(project)
    location = lake.metadata_location(table)
    assert location is not None
    return StaticTable.from_metadata(location, dict(lake.storage.properties)).scan().to_arrow()
