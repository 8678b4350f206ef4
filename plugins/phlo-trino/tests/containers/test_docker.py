"""Trino in containers: beside Nessie and SeaweedFS, and before a catalog of this machine."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.containers import IMAGE, STAYS
from phlo.testing.servers import alone, need_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.testing.containers import ContainerProject, Make

pytestmark = pytest.mark.docker

IMAGES = {
    "trino": "trinodb/trino:476",
    "nessie": "ghcr.io/projectnessie/nessie:0.99.0",
    "seaweedfs": "chrislusf/seaweedfs:4.48",
}
#: Java starts slowly where three of them share two cores.
_PATIENCE = 600
WORKFLOW = """
import phlo

@phlo.ingestion(table="raw.flights", key="id")
def flights():
    for i in range(1200):
        yield {"id": i, "carrier": "ABC"[i % 3], "delay": i % 60}
"""
MART = """\
/* phlo
engine: trino
key: [carrier]
checks:
  - unique: [carrier]
*/
select carrier, count(*) as n, sum(delay) as delay from raw.flights group by carrier
"""
ROWS = "select carrier, count(*) as n from raw.flights group by 1 order by 1"
WANTED = [["A", 400], ["B", 400], ["C", 400]]
NODES = "select node_id from system.runtime.nodes where state = 'active' order by 1"
SLOW = (
    "select count(*) as n from raw.flights a cross join raw.flights b cross join raw.flights c"
    " where c.id < 200 and (a.id * b.id + c.id) % 7 = 0"
)
#: Asks Trino from within another container of the project.
ASK = """
import json, sys, urllib.request
def ask(url, body=None):
    headers = {"X-Trino-User": "phlo_reader", "X-Trino-Catalog": "lake"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
        return json.load(answer)
page, rows = ask("http://trino:8080/v1/statement", sys.argv[1].encode()), []
while True:
    rows += page.get("data", [])
    if "nextUri" not in page:
        break
    page = ask(page["nextUri"])
print(json.dumps({"rows": rows, "error": page.get("error", {}).get("errorName")}))
"""


def started(make_project: Make, trino: dict[str, Any], *servers: str) -> ContainerProject:
    """A project with a Trino in containers, and a container that asks it."""
    project = make_project()
    project.patience = _PATIENCE
    project.settings = {}
    for name in ("trino", *servers):
        need_image(IMAGES[name])
    services: dict[str, Any] = {
        **alone("phlo-api", *servers),
        **{name: {"runtime": "docker"} for name in servers},
        "trino": {"runtime": "docker", **trino},
        "asker": {"type": "inline", "image": IMAGE, "command": STAYS, "depends_on": ["trino"],
                  "ready": "started"},
    }  # fmt: skip
    project.configure(json.dumps(services))
    project.write("workflows/flights.py", WORKFLOW)
    project.write("workflows/marts/carriers.sql", MART)
    done = project.phlo("services", "start", "--no-open", "--timeout", str(_PATIENCE))
    assert done.returncode == 0, done.stdout + done.stderr
    done = project.phlo("materialize")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="class")
def beside_nessie(make_project: Make) -> Iterator[ContainerProject]:
    trino = {"settings": {"workers": 2, "heap": "640m"}}
    project = started(make_project, trino, "nessie", "seaweedfs")
    yield project
    project.clean()


@pytest.fixture(scope="class")
def through_the_relay(make_project: Make) -> Iterator[ContainerProject]:
    project = started(make_project, {"settings": {"heap": "640m"}})
    yield project
    project.clean()


def rows(project: ContainerProject, sql: str, *more: str) -> list[list[Any]]:
    found: list[list[Any]] = project.json("query", sql, *more)["rows"]
    return found


def within(project: ContainerProject, sql: str) -> dict[str, Any]:
    """What Trino answers a container."""
    done = project.phlo("services", "exec", "asker", "python", "-c", ASK, sql)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Days:
    """What holds with every catalog; the order of these tests is that of a person's days."""

    def test_everybody_reads_the_same_rows(self, running: ContainerProject) -> None:
        for engine in ("trino", "duckdb"):
            assert rows(running, ROWS, "--engine", engine) == WANTED
            made = rows(running, "select * from marts.carriers order by 1", "--engine", engine)
            assert [row[:2] for row in made] == WANTED
        assert within(running, ROWS) == {"rows": WANTED, "error": None}

    def test_who_asks_from_a_container_only_reads(self, running: ContainerProject) -> None:
        for sql in ("delete from raw.flights", "create table raw.mine as select 1 as a"):
            assert within(running, sql)["error"] == "PERMISSION_DENIED"
        assert rows(running, ROWS, "--engine", "duckdb") == WANTED

    def test_a_branch_is_read_and_written_and_published(self, running: ContainerProject) -> None:
        assert running.phlo("branch", "create", "dev").returncode == 0
        half = MART.replace("group by", "where id < 600 group by")
        running.write("workflows/marts/carriers.sql", half)
        done = running.phlo("materialize", "marts.carriers", "--ref", "dev")
        assert done.returncode == 0, done.stdout + done.stderr
        sql = "select sum(n) as n from marts.carriers"
        assert rows(running, sql, "--engine", "trino", "--ref", "dev") == [[600]]
        assert rows(running, sql, "--engine", "trino") == [[1200]]
        assert running.phlo("branch", "publish", "dev").returncode == 0
        assert rows(running, sql, "--engine", "trino") == [[600]]
        assert within(running, sql)["rows"] == [[600]]

    def test_nothing_secret_is_in_a_file_and_only_loopback_listens(
        self, running: ContainerProject
    ) -> None:
        lines = (running.root / ".phlo/state/secrets.env").read_text().splitlines()
        values = [v for _, _, v in (line.partition("=") for line in lines) if len(v) > 15]
        assert values
        for file in (running.root / ".phlo/config/trino").rglob("*"):
            text = file.read_text() if file.is_file() else ""
            assert not [value for value in values if value in text], file
        published = running.inspect("trino")["HostConfig"]["PortBindings"].values()
        assert {one["HostIp"] for ports in published for one in ports} == {"127.0.0.1"}


class TestBesideNessieAndSeaweedFS(Days):
    @pytest.fixture
    def running(self, beside_nessie: ContainerProject) -> ContainerProject:
        return beside_nessie

    def test_three_nodes_share_the_work(self, running: ContainerProject) -> None:
        names = [["trino"], ["trino-worker-1"], ["trino-worker-2"]]
        assert rows(running, NODES, "--engine", "trino") == names
        text = (running.root / ".phlo/config/trino/etc/trino/catalog/lake.properties").read_text()
        assert "iceberg.rest-catalog.uri=http://nessie:19120/iceberg/main" in text

    def test_a_worker_that_is_killed_is_no_loss_of_an_answer(
        self, running: ContainerProject
    ) -> None:
        found: list[Any] = []
        asking = threading.Thread(
            target=lambda: found.append(running.json("query", SLOW, "--engine", "trino"))
        )
        asking.start()
        busy = (
            "select count(*) from system.runtime.tasks"
            " where state = 'RUNNING' and node_id = 'trino-worker-1'"
        )
        while asking.is_alive() and within(running, busy)["rows"] == [[0]]:
            time.sleep(0.2)
        assert asking.is_alive(), "the query was over before its worker could be lost"
        running.docker("kill", f"{running.name}-trino-worker-1-1")
        asking.join(_PATIENCE)
        [answer] = found
        assert answer["rows"][0][0] == _count(1200, 1200, 200)
        assert rows(running, ROWS, "--engine", "trino") == WANTED
        done = running.phlo("services", "start", "--no-open", "--timeout", str(_PATIENCE))
        assert done.returncode == 0, done.stdout + done.stderr
        end = time.monotonic() + _PATIENCE
        while len(rows(running, NODES, "--engine", "trino")) < 3:
            assert time.monotonic() < end, "the worker did not come back"
            time.sleep(1)


class TestBeforeACatalogOfThisMachine(Days):
    @pytest.fixture
    def running(self, through_the_relay: ContainerProject) -> ContainerProject:
        return through_the_relay

    def test_it_asks_phlo_api_through_the_relay(self, running: ContainerProject) -> None:
        text = (running.root / ".phlo/config/trino/etc/trino/catalog/lake.properties").read_text()
        uri = next(line for line in text.splitlines() if "rest-catalog.uri" in line)
        assert uri.split("//")[1].split(":")[0] in ("phlo-host", "host.docker.internal")


def _count(*sizes: int) -> int:
    """How many (a, b, c) below the sizes are there with (a * b + c) % 7 == 0."""
    left = [[sum(1 for n in range(size) if n % 7 == rest) for rest in range(7)] for size in sizes]
    return sum(
        left[0][a] * left[1][b] * left[2][c]
        for a in range(7) for b in range(7) for c in range(7)
        if (a * b + c) % 7 == 0
    )  # fmt: skip
