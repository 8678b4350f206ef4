"""Trino on Nessie's own interface, files in the project's folder; and a project that swaps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import TrinoFolder

pytest.importorskip("phlo_nessie", reason="phlo-nessie is not installed")
pytestmark = pytest.mark.server

INGEST = """
    import phlo

    @phlo.ingestion(table="raw.flights", key="id")
    def flights():
        for i in range(300):
            yield {"id": i, "carrier": "ABC"[i % 3], "delay": float(i % 60)}
"""
DELAYS = """
    /* phlo
    checks:
      - unique: [carrier]
      - between: {column: n, min: 1, max: 100}
    */
    select carrier, count(*) as n, avg(delay) as mean from raw.flights group by carrier
"""
ROWS = "select carrier, n, mean from marts.delays order by 1"


@pytest.fixture(scope="module")
def lake(
    tmp_path_factory: pytest.TempPathFactory, a_folder: type[TrinoFolder]
) -> Iterator[TrinoFolder]:
    folder = a_folder(tmp_path_factory.mktemp("nessie") / "lake", needs=("nessie",))
    folder.write("workflows/flights.py", INGEST)
    folder.write("workflows/marts/delays.sql", DELAYS)
    try:
        folder.up()
        yield folder
    finally:
        folder.down()


def rows(lake: TrinoFolder, *more: str) -> list[list[object]]:
    found: list[list[object]] = lake.json("query", ROWS, *more)["rows"]
    return found


def test_assets_are_made_by_it_on_a_branch_of_nessie(lake: TrinoFolder) -> None:
    done = lake.phlo("materialize")
    assert done.returncode == 0, done.stdout + done.stderr
    file = lake.root / ".phlo/native/trino/etc/trino/catalog/lake.properties"
    assert "iceberg.catalog.type=nessie" in file.read_text()
    assert Project.open(lake.root).engine().name == "trino"
    for engine in ("trino", "duckdb"):
        assert rows(lake, "--engine", engine) == [
            ["A", 100, 28.5], ["B", 100, 29.5], ["C", 100, 30.5],
        ]  # fmt: skip
    assert list((lake.root / ".phlo/lake").rglob("*.parquet"))


def test_a_check_that_fails_leaves_main_for_both_engines(lake: TrinoFolder) -> None:
    before = rows(lake, "--engine", "trino")
    lake.write("workflows/marts/delays.sql", DELAYS.replace("max: 100", "max: 10"))
    done = lake.phlo("materialize", "marts.delays")
    assert done.returncode == 12, done.stdout + done.stderr
    for engine in ("trino", "duckdb"):
        assert rows(lake, "--engine", engine) == before
    lake.write("workflows/marts/delays.sql", DELAYS)


def test_a_branch_of_nessie_is_read(lake: TrinoFolder) -> None:
    assert lake.phlo("branch", "create", "dev").returncode == 0
    half = DELAYS.replace("group by", "where id < 150 group by")
    lake.write("workflows/marts/delays.sql", half)
    done = lake.phlo("materialize", "marts.delays", "--ref", "dev")
    assert done.returncode == 0, done.stdout + done.stderr
    for engine in ("trino", "duckdb"):
        assert [n for _, n, _ in rows(lake, "--engine", engine, "--ref", "dev")] == [50, 50, 50]
        assert [n for _, n, _ in rows(lake, "--engine", engine)] == [100, 100, 100]
    lake.write("workflows/marts/delays.sql", DELAYS)


def test_without_trino_and_with_it_again_the_rows_are_the_same(lake: TrinoFolder) -> None:
    before, file = rows(lake), lake.root / "phlo.yaml"
    with_trino = file.read_text()
    off = "\n".join(
        "  trino: {enabled: false}" if line.startswith("  trino:") else line
        for line in with_trino.splitlines()
    )
    file.write_text(off)
    lake.up()
    states = {one["name"]: one["state"] for one in lake.json("services", "status")["services"]}
    assert states.get("trino", "stopped") != "healthy"
    assert Project.open(lake.root).engine().name == "duckdb"
    assert rows(lake) == before
    done = lake.phlo("materialize")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(lake) == before

    file.write_text(with_trino)
    lake.up()
    assert Project.open(lake.root).engine().name == "trino"
    assert rows(lake) == before
    done = lake.phlo("materialize")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(lake, "--engine", "duckdb") == before
