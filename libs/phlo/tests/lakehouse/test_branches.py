"""Branches: nothing is seen before it is published, and all of it or nothing is published."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from phlo.errors.data import LakeTooNew
from phlo.errors.refs import UnknownRef
from phlo.lakehouse.lake import Lake
from phlo.testing.catalogs import CatalogConformance, get, put

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


class TestCatalog(CatalogConformance):
    """The embedded catalog, with the fixture above."""


def test_opening_a_lake_touches_nothing(lake: Lake) -> None:
    assert lake.tables() == ()
    assert lake.metadata_location("raw.t") is None
    assert [ref.name for ref in lake.refs()] == ["main"]
    assert lake.sweep().files == 0
    for call in (lake.tables, lake.publish, lake.drop_branch):
        with pytest.raises(UnknownRef):
            call("dev")
    assert not lake.folder.exists()


def test_a_later_phlos_catalog_is_refused(lake: Lake) -> None:
    put(lake, "raw.a", 1)
    connection = sqlite3.connect(lake.catalog_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LakeTooNew):
        lake.tables()
    with pytest.raises(LakeTooNew):
        put(lake, "raw.a", 2)


def test_a_folder_with_any_name_works(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "it's a (lake) #1 %20 é?*" / "lake")
    put(lake, "raw.a", 1)
    lake.create_branch("dev")
    put(lake, "raw.a", 2, "dev")
    lake.publish("dev")
    lake.sweep()
    assert get(lake, "raw.a") == 2


def test_branches_of_many_tables_are_quick(lake: Lake) -> None:
    """Bounds are ten times the goals, for a busy machine: they tell copying from naming."""
    put(lake, "raw.t0", 1)
    location = lake.metadata_location("raw.t0")
    connection = sqlite3.connect(lake.catalog_file)
    connection.executemany(
        "INSERT INTO iceberg_tables VALUES ('main', 'raw', ?, ?, NULL, 'TABLE')",
        [(f"t{n}", location) for n in range(1, 100)],
    )
    connection.commit()
    connection.close()
    began = time.perf_counter()
    lake.create_branch("dev")
    assert time.perf_counter() - began < 0.1
    assert len(lake.tables("dev")) == 100
