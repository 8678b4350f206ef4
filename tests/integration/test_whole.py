"""Every server at once, natively and with nothing configured: the main job, and what goes wrong."""

from __future__ import annotations

import json
import re
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import psycopg
import pytest
from pyiceberg.catalog.rest import RestCatalog

from phlo.demo.source import truth

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from conftest import Lake

SERVERS = ("postgres", "seaweedfs", "nessie", "trino", "dagster", "superset")
#: What programs are delivered with, and people never change.
DEFAULTS = (
    "",
    "admin",
    "password",
    "postgres",
    "minioadmin",
    "superset",
    "trino",
    "general",
    "phlo",
)
SLOW = "raw.flights,marts.delays"
COUNTS = "select (select count(*) from raw.flights), (select count(*) from marts.delays)"


def start(lake: Lake) -> None:
    lake.call("services", "start", "--runtime", "native", "--timeout", "900", "--no-open")


def counts(lake: Lake, engine: str) -> list[list[Any]]:
    return lake.rows_of(COUNTS, engine)


def services(lake: Lake) -> dict[str, dict[str, Any]]:
    told = json.loads(lake.call("services", "status", "--json").stdout)["services"]
    return {one["name"]: one for one in told}


def listening(lake: Lake) -> Iterator[tuple[str, int]]:
    """Yield where the project's processes and all below them listen."""
    own = lake.processes()
    for process in {*own, *(below for one in own for below in one.children(recursive=True))}:
        with suppress(psutil.NoSuchProcess):  # a check or a command that has ended meanwhile
            for one in process.net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN:
                    yield one.laddr.ip, one.laddr.port


def test_a_name_is_enough(whole: Lake) -> None:
    whole.write("phlo.yaml", f"name: {whole.root.name}\n")
    start(whole)
    assert {*SERVERS, "phlo-api", "observatory"} <= set(whole.states)
    assert set(whole.states.values()) == {"healthy"}


def test_the_demo_runs_through_dagster(whole: Lake) -> None:
    run = whole.json("materialize")
    assert run["run"]["orchestrator"] == "dagster"
    states = {step["asset"]: step["state"] for step in run["steps"]}
    assert states.pop("marts.destinations") == "held_back", run
    assert set(states.values()) == {"succeeded"}, run
    known = truth(whole.root / "data")
    wanted = [[known.rows["flights"], known.carriers_and_hours]]
    assert counts(whole, "trino") == counts(whole, "duckdb") == wanted


def test_nothing_listens_beyond_loopback(whole: Lake) -> None:
    found = set(listening(whole))
    assert len(found) >= len(SERVERS)
    assert {address for address, _ in found} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}, found


def test_no_secret_is_in_a_file_that_others_may_read(whole: Lake) -> None:
    lines = (whole.root / ".phlo/state/secrets.env").read_text().splitlines()
    secrets = {line.partition("=")[2] for line in lines if "=" in line}
    assert len(secrets) > 8
    for secret in secrets:
        assert len(secret) >= 16
        assert secret.lower() not in DEFAULTS
    seen = 0
    for file in (whole.root / ".phlo").rglob("*"):
        if not file.is_file() or file.stat().st_size > 1_000_000:
            continue
        text = file.read_bytes()
        assert not re.search(rb"minioadmin|password\s*[=:]\s*(admin|postgres)\b", text), file
        if any(secret.encode() in text for secret in secrets):
            seen += 1
            is_closed = any(
                not part.stat().st_mode & 0o077 for part in (file, *file.parents)
                if whole.root in part.parents
            )  # fmt: skip
            assert is_closed, file
    assert seen, "no secret was found anywhere, so none was looked for"


def test_no_default_password_opens_anything(whole: Lake) -> None:
    at = {name: one["endpoints"][0]["url"] for name, one in services(whole).items()
          if one.get("endpoints")}  # fmt: skip
    port = int(at["postgres"].rpartition(":")[2])
    for user in ("postgres", "phlo", "dagster", "nessie", "superset"):
        for password in DEFAULTS:
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(
                    host="127.0.0.1", port=port, user=user, password=password, dbname="postgres",
                    connect_timeout=5,
                ).close()  # fmt: skip
    assert httpx.get(f"{at['seaweedfs']}/lake").status_code == 403
    assert httpx.get(f"{at['phlo-api']}/api/v1/datasets").status_code == 401
    for user in ("admin", "superset"):
        for password in DEFAULTS[1:]:
            told = {"username": user, "password": password, "provider": "db"}
            answer = httpx.post(f"{at['superset']}/api/v1/security/login", json=told)
            assert answer.status_code in (400, 401), (user, password)


def test_no_port_gives_away_files(whole: Lake) -> None:
    """Of each open port that speaks HTTP: the lake's bucket is given to nobody without a key."""
    for _, port in set(listening(whole)):
        with socket.socket() as probe:
            probe.settimeout(5)
            probe.connect(("127.0.0.1", port))
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/buckets/lake/warehouse/", timeout=5)
        except httpx.HTTPError:
            continue
        assert answer.status_code >= 400 or "metadata" not in answer.text, port


def test_a_service_reads_the_lake_with_keys_of_its_own(whole: Lake) -> None:
    pid = services(whole)["superset"]["pid"]
    told = psutil.Process(pid).environ()
    catalog = RestCatalog("lake", uri=told["PHLO_CATALOG_URL"], token=told["PHLO_CATALOG_TOKEN"])
    table = catalog.load_table("raw.airlines")
    assert table.io.properties["s3.access-key-id"] == told["PHLO_WAREHOUSE_USER"]
    assert told["PHLO_WAREHOUSE_USER"] == "superset-warehouse"
    assert table.scan().to_arrow().num_rows == truth(whole.root / "data").rows["airlines"]


def dashboards(lake: Lake) -> list[str]:
    """Return the dashboards of Superset, as its administrator sees them."""
    password = lake.call("secrets", "show", "superset.password").stdout.strip()
    url = services(lake)["superset"]["endpoints"][0]["url"]
    told = {"username": "admin", "password": password, "provider": "db"}
    with httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:
        login = client.post("/security/login", json=told).raise_for_status().json()
        client.headers["authorization"] = f"Bearer {login['access_token']}"
        found = client.get("/dashboard/").raise_for_status().json()["result"]
    return [one["dashboard_title"] for one in found]


def running(lake: Lake) -> subprocess.Popen[str]:
    """Start a run that takes a while, and return when its step has begun."""
    run = lake.start("materialize", SLOW, "--full-refresh")
    assert run.stderr is not None
    lines = []
    for line in run.stderr:
        lines.append(line)
        if "raw.flights: started" in line:
            return run
    run.communicate()
    pytest.fail(f"the run did not begin: {lines}")


def kill(lake: Lake, server: str) -> None:
    """Kill every process of a service, as their shims have written them down."""
    files = (lake.root / ".phlo/native/_run/states").glob(f"{server}*.json")
    pids = [child[0] for file in files if (child := json.loads(file.read_text())["child"])]
    assert pids
    for pid in pids:
        psutil.Process(pid).kill()


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_killed_during_a_run_loses_nothing(whole: Lake, server: str) -> None:
    before = counts(whole, "duckdb")
    with running(whole) as run:
        time.sleep(1)
        kill(whole, server)
        run.communicate(timeout=whole.patience)
    last = whole.json("runs", "show", "last")
    # What a killed Dagster had begun is asked to end, as by somebody who cancels it.
    assert last["run"]["state"] in ("succeeded", "failed", "cancelled"), last["run"]
    assert (run.returncode == 0) == (last["run"]["state"] == "succeeded")
    start(whole)
    assert set(whole.states.values()) == {"healthy"}
    assert counts(whole, "duckdb") == before
    again = whole.json("materialize", SLOW)
    assert again["run"]["state"] == "succeeded", again
    assert counts(whole, "trino") == counts(whole, "duckdb") == before


def test_a_restart_of_everything_keeps_everything(whole: Lake) -> None:
    whole.call("branch", "create", "kept")
    before = counts(whole, "duckdb")
    runs = [one["id"] for one in whole.json("runs", "list", "--limit", "100")["runs"]]
    shown = dashboards(whole)
    assert shown
    whole.call("services", "stop")
    assert not whole.processes()
    start(whole)
    assert dashboards(whole) == shown
    assert counts(whole, "trino") == counts(whole, "duckdb") == before
    assert [one["id"] for one in whole.json("runs", "list", "--limit", "100")["runs"]] == runs
    names = [one["name"] for one in whole.json("branch", "list")["branches"]]
    assert "kept" in names
