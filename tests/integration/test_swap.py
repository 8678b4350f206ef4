"""`phlo swap` as a user has it, from wheels, while the project runs and has data."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.demo.source import truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Lake

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
UV = shutil.which("uv") or str(ROOT / ".venv-uv" / "bin" / "uv")
COUNTS = (
    "select (select count(*) from raw.flights), (select count(*) from marts.delays),"
    " (select cast(sum(flights) as bigint) from marts.delays)"
)
SETTINGS = """\
name: swapped
services:
  trino:
    settings: {heap: 1g}   # it is a small machine
  dagster: {enabled: false}
"""


@pytest.fixture(scope="module")
def installed(make: Callable[[], AbstractContextManager[Lake]]) -> Iterator[Lake]:
    """A project in whose `.venv` are the wheels of `phlo[defaults]`."""
    if not list(DIST.glob("phlo-*.whl")):
        pytest.fail("there are no wheels: uv run nox -s build")
    with make() as lake:
        locked, python = lake.root / "requirements.txt", lake.root / ".venv" / "bin" / "python"
        uv(ROOT, "export", "-q", "--frozen", "--package", "phlo", "--extra", "defaults",
           "--no-default-groups", "--no-emit-workspace", "-o", str(locked))  # fmt: skip
        # With pip in it, by which phlo exchanges packages where there is no uv.
        venv.create(lake.root / ".venv", with_pip=True)
        uv(lake.root, "pip", "install", "-q", "--python", str(python), "-r", str(locked))
        ours = [str(wheel) for wheel in DIST.glob("phlo*.whl") if "superset" not in wheel.name]
        uv(lake.root, "pip", "install", "-q", "--python", str(python), "--no-deps", *ours)
        lake.python = str(python)
        yield lake


def uv(folder: Path, *arguments: str) -> None:
    subprocess.run([UV, *arguments], cwd=folder, check=True, timeout=600, stdout=subprocess.DEVNULL)


def workflows(lake: Lake) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (lake.root / "workflows").rglob("*.py")}


def start(lake: Lake) -> None:
    lake.call("services", "start", "--runtime", "native", "--timeout", "900", "--no-open")


def test_trino_is_swapped_for_duckdb_and_back(installed: Lake) -> None:
    lake = installed
    lake.write("phlo.yaml", SETTINGS)
    start(lake)
    run = lake.json("materialize")
    states = {step["asset"]: step["state"] for step in run["steps"]}
    assert states.pop("marts.destinations") == "held_back"
    assert set(states.values()) == {"succeeded"}
    known, files = truth(lake.root / "data").rows["flights"], workflows(lake)
    before = lake.rows_of(COUNTS)
    assert before[0][0] == before[0][2] == known
    assert lake.rows_of("select version()") == [["476"]]

    told = lake.json("swap", "trino", "duckdb", "--yes")
    assert told["ends"] == ["trino"]
    assert told["dropped"] == ["services.duckdb.settings.heap"]
    # What runs goes on until the next start, which ends what is no more.
    start(lake)
    assert "trino" not in lake.states
    assert set(lake.states.values()) == {"healthy"}
    assert lake.rows_of("select version()") != [["476"]]
    assert lake.rows_of(COUNTS) == before
    again = lake.json("materialize", "marts.delays")
    assert again["run"]["state"] == "succeeded"
    assert lake.rows_of(COUNTS) == before

    back = lake.json("swap", "duckdb", "trino", "--yes", "--find-links", str(DIST))
    assert back["starts"] == ["trino"]
    start(lake)
    assert lake.states["trino"] == "healthy"
    assert lake.rows_of("select version()") == [["476"]]
    assert lake.rows_of(COUNTS) == before
    assert lake.json("materialize", "marts.delays")["run"]["state"] == "succeeded"
    assert lake.rows_of(COUNTS) == before
    assert workflows(lake) == files
