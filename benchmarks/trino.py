"""A query on Trino through phlo-api, beside Trino's own client with nothing in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from benchmarks.peers import peer_python
from benchmarks.registry import Measurement, Options, Results, Skipped, benchmark
from benchmarks.timing import medians

PHLO = Path(sys.executable).with_name("phlo")
NAME = "query on Trino through phlo-api"
SQL = "select id % 10 as k, count(*) as n from raw.numbers group by 1 order by 1"
PROJECT = """\
name: lake
runtime: native
services:
  nessie: {enabled: false}
  seaweedfs: {enabled: false}
  minio: {enabled: false}
"""
CLIENT = """
import sys, trino
host, port, sql = sys.argv[1:]
connection = trino.dbapi.connect(host=host, port=int(port), user="phlo_reader", catalog="lake")
for _ in sys.stdin:
    cursor = connection.cursor()
    cursor.execute(sql)
    print(len(cursor.fetchall()), flush=True)
"""


@benchmark("trino.api")
def through_the_api(options: Options) -> Results:
    """Start, read and fetch one small query, both warm; the claim: at most 150 ms more."""
    python = peer_python("trino", ["trino"], install=options.install_peers)
    if isinstance(python, str):
        return [Skipped(NAME, python)]
    project = options.folder / "lake"
    project.mkdir()
    (project / "phlo.yaml").write_text(PROJECT)
    _phlo(project, "services", "start", "--only", "trino", "--only", "phlo-api")
    try:
        from phlo.lakehouse.write import WritePlan, write
        from phlo.project import Project

        opened = Project.open(project)
        write(opened.lake, "raw.numbers", [{"id": i} for i in range(100_000)], WritePlan())
        token = _phlo(project, "secrets", "show", "phlo-api.token")
        address = httpx.URL(_variable(project, "TRINO_URL"))
        with _Client(python, address) as theirs, httpx.Client(
            base_url=f"{_variable(project, 'PHLO_API_URL')}/api/v1",
            headers={"Authorization": f"Bearer {token}"}, timeout=120,
        ) as api:  # fmt: skip
            ours = lambda turn: _by_api(api)  # noqa: E731
            for _ in range(20):  # Java is slow before it has compiled what runs often
                ours(0)
                theirs.ask(0)
            times = medians({"ours": ours, "theirs": theirs.ask}, max(options.pairs, 20))
    finally:
        _phlo(project, "services", "stop")
    more = (times["ours"] - times["theirs"]) * 1000
    note = f"{more:.0f} ms more; the goal is at most 150"
    return [Measurement(NAME, times["ours"], "trino client", times["theirs"], 20, note=note)]


def _by_api(api: httpx.Client) -> None:
    query = api.post("/queries", json={"sql": SQL, "engine": "trino"}).raise_for_status().json()
    told = query
    while told["state"] in ("queued", "running"):  # the first one takes long: Java has just begun
        told = api.get(f"/queries/{query['id']}", params={"wait": 20}).json()
    assert told["state"] == "succeeded", told
    rows = api.get(f"/queries/{query['id']}/result").json()["rows"]
    assert len(rows) == 10


class _Client:
    """Trino's own client in its environment, asked by a line for each query."""

    def __init__(self, python: Path, address: httpx.URL) -> None:
        self._process = subprocess.Popen(
            [str(python), "-c", CLIENT, address.host, str(address.port), SQL],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def ask(self, turn: int) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{turn}\n")
        stdin.flush()
        assert stdout.readline().strip() == "10"


def _variable(project: Path, name: str) -> str:
    return _phlo(project, "run", "--", "printenv", name)


def _phlo(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(PHLO), *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout.strip()
