"""The lake's tables in a real Nessie: all that the embedded catalog does, and what is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.errors.lake import CatalogRefused
from phlo.lakehouse.lake import Lake
from phlo.testing.catalogs import CatalogConformance, get, put
from phlo_nessie.catalog import NessieCatalog

if TYPE_CHECKING:
    from pathlib import Path

    from phlo_nessie.api import Api


@pytest.fixture
def lake(tmp_path: Path, api: Api) -> Lake:
    return Lake(tmp_path / "lake", catalog=NessieCatalog(api.url))


class TestCatalog(CatalogConformance):
    """Every test of the kit, with the fixture above."""


def test_a_new_lake_is_empty(lake: Lake) -> None:
    assert not lake.exists()
    assert lake.tables() == ()
    assert [ref.name for ref in lake.refs()] == ["main"]
    assert lake.sweep().files == 0


def test_a_publish_is_one_commit(lake: Lake, api: Api) -> None:
    lake.create_branch("dev")
    for name in ("raw.a", "raw.b", "raw.c"):
        put(lake, name, 1, "dev")
    before = len(list(api.history("main")))
    assert len(lake.publish("dev")) == 3
    first = next(api.history("main"))
    assert len(list(api.history("main"))) == before + 1
    assert first["message"] == "publish dev"


def test_a_tag_keeps_its_files_from_a_sweep(lake: Lake, api: Api) -> None:
    put(lake, "raw.a", 1)
    lake.create_tag("v1")
    lake.drop_table("raw.a")
    lake.sweep()
    assert get(lake, "raw.a", "v1") == 1
    assert [ref.name for ref in api.references() if ref.is_tag] == ["v1"]


def test_who_wrote_elsewhere_is_seen_at_once(lake: Lake, tmp_path: Path, api: Api) -> None:
    put(lake, "raw.a", 1)
    other = Lake(tmp_path / "other", catalog=NessieCatalog(api.url))
    assert get(other, "raw.a") == 1
    put(other, "raw.a", 2)
    assert get(lake, "raw.a") == 2


def test_a_server_that_is_not_there_or_is_another_is_told(tmp_path: Path, server: str) -> None:
    gone = Lake(tmp_path, catalog=NessieCatalog("http://127.0.0.1:9/api/v2"))
    with pytest.raises(CatalogRefused, match="'nessie' at http://127"):
        gone.tables()
    other = Lake(tmp_path, catalog=NessieCatalog(server.replace("/api/v2", "/nowhere")))
    with pytest.raises(CatalogRefused):
        other.tables()
