"""Read the demo back by every way there is, and compare it with what its files say."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from phlo.demo.source import Truth
    from phlo.project import Project
    from phlo.runner.result import RunResult

#: phlo-api looks at a table anew for each state of it, which takes it a moment the first time.
_PATIENCE = 60.0


def differences(
    truth: Truth, project: Project, result: RunResult, api: str, token: str
) -> list[str]:
    """Return what is not as it must be, in words; nothing when all is right.

    Args:
        truth: What the files say.
        project: The demo's project.
        result: What came of the last run.
        api: The address of phlo-api.
        token: Its token.
    """
    wanted = {f"raw.{name}": count for name, count in truth.rows.items()}
    wanted["marts.delays"] = truth.carriers_and_hours
    readers = {
        "DuckDB": {table: _by_engine(project, table) for table in wanted},
        "pyiceberg": _by_pyiceberg(project.root),
        "phlo-api": _by_api(api, token),
    }
    found = [
        f"{table} has {rows.get(table)} rows through {reader}, not {count}"
        for reader, rows in readers.items()
        for table, count in wanted.items()
        if rows.get(table) != count
    ]
    return found + list(_checks(truth, result)) + list(_sums(truth, project))


def _by_engine(project: Project, table: str) -> int:
    return int(project.query(f"select count(*) from {table}").column(0)[0].as_py())


def _by_pyiceberg(root: Path) -> dict[str, int]:
    """Count with pyiceberg alone, as any other program would open the catalog."""
    from pyiceberg.catalog.sql import SqlCatalog

    lake = root / ".phlo" / "lake"
    catalog = SqlCatalog("main", uri=f"sqlite:///{lake / 'catalog.db'}", warehouse=lake.as_uri())
    try:
        return {
            ".".join(name): catalog.load_table(name).scan().count()
            for namespace in catalog.list_namespaces()
            for name in catalog.list_tables(namespace)
        }
    finally:
        catalog.close()


def _by_api(api: str, token: str) -> dict[str, int]:
    request = urllib.request.Request(
        f"{api}/api/v1/datasets", headers={"authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        items: list[Mapping[str, Any]] = json.load(answer)["items"]
    return {one["name"]: one["row_count"]["value"] for one in items if one["row_count"]}


def _checks(truth: Truth, result: RunResult) -> Iterator[str]:
    """Compare what the checks found with what is wrong in the files."""
    failed = {(o.table, o.spec.name): o.failed for o in result.checks if o.failed}
    wanted = {
        ("raw.flights", "reference:tailnum"): truth.unknown_planes,
        ("raw.weather", "between:wind_speed"): truth.impossible_winds,
        ("marts.destinations", "reference:dest"): truth.unlisted_destinations,
    }
    for key in sorted({*failed, *wanted}):
        if failed.get(key) != wanted.get(key):
            table, check = key
            yield f"{check} of {table} found {failed.get(key, 0)}, not {wanted.get(key, 0)}"
    states = {step.asset: step.state for step in result.steps}
    bad = {a: s for a, s in states.items() if s != "succeeded" and a != "marts.destinations"}
    if bad or states.get("marts.destinations") != "held_back":
        yield f"steps ended as {states}"


def _sums(truth: Truth, project: Project) -> Iterator[str]:
    """Every flight is in each mart once."""
    for table in ("marts.delays", "marts.weather_impact"):
        total = int(project.query(f"select sum(flights) from {table}").column(0)[0].as_py())
        if total != truth.rows["flights"]:
            yield f"{table} counts {total} flights, not {truth.rows['flights']}"
