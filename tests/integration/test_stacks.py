"""One project on every set of parts: the same workflows give the same rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from phlo.demo.source import truth

if TYPE_CHECKING:
    from conftest import Lake, Stack

PARTS = (("runner", "dagster"), ("duckdb", "trino"), ("sql", "nessie"), ("local", "seaweedfs"))
TABLES = {
    "raw.airlines": "carrier", "raw.airports": "faa", "raw.planes": "tailnum",
    "marts.delays": "carrier, hour", "marts.weather_impact": "origin, conditions",
}  # fmt: skip
#: What each set read: they are compared at the end.
READ: dict[str, dict[str, Any]] = {}


def test_every_pair_of_parts_is_tried(stacks: tuple[Stack, ...]) -> None:
    wanted = {
        pair
        for one, other in itertools.combinations(PARTS, 2)
        for pair in itertools.product(one, other)
    }
    found = {pair for stack in stacks for pair in itertools.combinations(stack.parts, 2)}
    assert wanted == found


def test_the_demo_runs_on_it(lake: Lake, stack: Stack) -> None:
    lake.call("services", "start", "--runtime", "native", "--timeout", "600")
    states = lake.states
    assert {*stack.servers, "phlo-api", "observatory"} <= set(states)
    assert set(states.values()) == {"healthy"}

    run = lake.json("materialize")
    assert run["run"]["orchestrator"] == stack.orchestrator
    ended = {step["asset"]: step["state"] for step in run["steps"]}
    assert ended.pop("marts.destinations") == "held_back"
    assert set(ended.values()) == {"succeeded"}

    known = truth(lake.root / "data")
    rows = {table: lake.rows_of(f"select * from {table} order by {key}")
            for table, key in TABLES.items()}  # fmt: skip
    counts = {
        table: lake.rows_of(f"select count(*) from raw.{table}")[0][0] for table in known.rows
    }
    assert counts == dict(known.rows)

    for engine in {"duckdb", stack.engine}:
        [[sums]] = lake.rows_of("select cast(sum(flights) as bigint) from marts.delays", engine)
        assert sums == known.rows["flights"]

    told = {one["name"]: one for one in lake.api("/api/v1/datasets?limit=200")["items"]}
    assert told["raw.flights"]["row_count"]["value"] == known.rows["flights"]
    graph = lake.api("/api/v1/lineage/graph")
    assert {"raw.flights", "marts.delays"} <= {node["name"] for node in graph["nodes"]}
    checks = lake.api("/api/v1/checks?limit=200")["items"]
    failed = {(one["table"], one["name"]) for one in checks if one["status"] not in ("passed",)}
    assert ("marts.destinations", "reference:dest") in failed

    lake.call("services", "stop")
    assert not lake.processes()
    READ[str(stack)] = {"rows": rows, "counts": counts}


def test_every_set_read_the_same() -> None:
    if len(READ) < 2:
        pytest.skip("there is nothing to compare with")
    first, *others = READ
    for other in others:
        for table, rows in READ[other]["rows"].items():
            pairs = zip(READ[first]["rows"][table], rows, strict=True)
            differ = [(one, two) for one, two in pairs if one != two]
            assert not differ, f"{table}: {first} and {other} differ in {len(differ)}: {differ[:3]}"
        assert READ[other]["counts"] == READ[first]["counts"]
