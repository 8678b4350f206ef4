"""Read the demo back by every way there is, and compare it with what its files say."""

from __future__ import annotations

import json
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from phlo.compose.capabilities import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phlo.demo.source import Truth
    from phlo.model.stack import Stack
    from phlo.project import Project
    from phlo.runner.result import RunResult

#: phlo-api looks at a table anew for each state of it, which takes it a moment the first time.
_PATIENCE = 60.0


Reader: TypeAlias = "Callable[[str], int | None]"


def readers_of(project: Project, stack: Stack, api: str, token: str) -> dict[str, Reader]:
    """Return every way there is to count a table's rows, by what it is called.

    Args:
        project: The demo's project.
        stack: What runs.
        api: The address of phlo-api.
        token: Its token.
    """
    engines = [
        name
        for name, service in stack.services.items()
        if any(family(p.capability) == "query.sql" for p in service.definition.provides)
    ]
    told = _by_api(api, token)
    return {
        **{name: partial(_by_engine, project, name) for name in engines},
        "pyiceberg": partial(_by_pyiceberg, api, token),
        "phlo-api": told.get,
    }


def differences(
    truth: Truth, project: Project, result: RunResult, readers: Mapping[str, Reader]
) -> list[str]:
    """Return what is not as it must be, in words; nothing when all is right.

    Args:
        truth: What the files say.
        project: The demo's project.
        result: What came of the last run.
        readers: Every way to count a table's rows.
    """
    wanted = {f"raw.{name}": count for name, count in truth.rows.items()}
    wanted["marts.delays"] = truth.carriers_and_hours
    found = [
        f"{table} has {rows} rows through {name}, not {count}"
        for name, reader in readers.items()
        for table, count in wanted.items()
        if (rows := reader(table)) != count
    ]
    return found + list(_checks(truth, result)) + list(_sums(truth, project))


def _by_engine(project: Project, engine: str, table: str) -> int:
    rows = project.query(f"select count(*) from {table}", engine=engine)
    return int(rows.column(0)[0].as_py())


def _by_pyiceberg(api: str, token: str, table: str) -> int:
    """Count with pyiceberg alone, as any other program attaches to the catalog."""
    from pyiceberg.catalog.rest import RestCatalog

    catalog = RestCatalog("main", uri=f"{api}/iceberg/main", token=token)
    try:
        return int(catalog.load_table(table).scan().count())
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
