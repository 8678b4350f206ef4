"""A real Trino on the catalog, its files in the lake's folder: it and phlo see the same tables."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from phlo.errors import PhloError
from phlo.lakehouse.rest.server import serve
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.server import Served

HOME = "PHLO_TEST_TRINO_HOME"
_PATIENCE = 180


class Trino:
    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, sql: str) -> list[list[Any]]:
        """Run one statement to its end and return its rows."""
        headers = {"X-Trino-User": "phlo"}
        answer = self._ask(Request(f"{self.url}/v1/statement", sql.encode(), headers))
        rows: list[list[Any]] = []
        while True:
            rows += answer.get("data", [])
            assert "error" not in answer, f"{sql}: {answer['error']['message']}"
            if "nextUri" not in answer:
                return rows
            answer = self._ask(Request(answer["nextUri"], headers=headers))

    def _ask(self, request: Request) -> dict[str, Any]:
        with urlopen(request, timeout=60) as answer:
            value: dict[str, Any] = json.load(answer)
            return value


def configure(etc: Path, port: int, served: Served) -> None:
    files = {
        "config.properties": f"""
            coordinator=true
            node-scheduler.include-coordinator=true
            http-server.http.port={port}
            discovery.uri=http://127.0.0.1:{port}
        """,
        "node.properties": f"""
            node.environment=test
            node.bind-ip=127.0.0.1
            node.internal-address=127.0.0.1
            node.data-dir={etc.parent / "data"}
        """,
        "jvm.config": "-Xmx1G",
        "catalog/lake.properties": f"""
            connector.name=iceberg
            iceberg.catalog.type=rest
            iceberg.rest-catalog.uri={served.url}
            iceberg.rest-catalog.security=OAUTH2
            iceberg.rest-catalog.oauth2.token={served.token}
            iceberg.rest-catalog.view-endpoints-enabled=true
            iceberg.unique-table-location=true
            fs.native-local.enabled=true
            local.location=/
        """,
    }
    (etc / "catalog").mkdir(parents=True)
    for name, text in files.items():
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        (etc / name).write_text("\n".join(lines) + "\n")


@pytest.fixture
def trino(lake: Lake, tmp_path: Path) -> Iterator[Trino]:
    home = os.environ.get(HOME)
    if home is None:
        pytest.skip(f"{HOME} does not say where a Trino is unpacked")
    from phlo.runtime.native.java import java_home

    try:
        java = java_home("trino", ">=24", print)
    except PhloError as error:
        pytest.skip(f"there is no Java for Trino: {error.message}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    etc, log = tmp_path / "trino" / "etc", tmp_path / "trino.log"
    with serve(lake, "main") as served, log.open("wb") as output:
        configure(etc, port, served)
        environ = os.environ | {"PATH": f"{java / 'bin'}:{os.environ['PATH']}"}
        process = subprocess.Popen(
            [str(Path(home) / "bin" / "launcher"), "run", "--etc-dir", str(etc)],
            env=environ, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait(f"http://127.0.0.1:{port}", process, log)
            yield Trino(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(60)


def wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with urlopen(f"{url}/v1/info", timeout=5) as answer:
                if not json.load(answer)["starting"]:
                    return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"Trino does not answer: {log.read_text()[-2000:]}")
        time.sleep(0.5)


def test_trino_and_phlo_write_the_same_tables(trino: Trino, lake: Lake) -> None:
    write(lake, "raw.orders", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], WritePlan())
    assert trino("select id, name from lake.raw.orders order by 1") == [[1, "a"], [2, "b"]]
    trino("insert into lake.raw.orders values (3, 'c')")
    trino(
        "merge into lake.raw.orders t using (values (2, 'm'), (4, 'd')) s(id, name)"
        " on t.id = s.id when matched then update set name = s.name"
        " when not matched then insert values (s.id, s.name)"
    )
    trino("update lake.raw.orders set name = 'x' where id = 1")
    trino("delete from lake.raw.orders where id = 3")
    rows = {r["id"]: r["name"] for r in lake.read("raw.orders").read_all().to_pylist()}
    assert rows == {1: "x", 2: "m", 4: "d"}
    write(lake, "raw.orders", [{"id": 4, "name": "e"}], WritePlan(mode="merge", key=("id",)))
    assert trino("select name from lake.raw.orders where id = 4") == [["e"]]

    trino("create schema lake.marts")
    trino(
        "create table lake.marts.by_month with (partitioning = array['month(d)'])"
        " as select id, date '2024-01-01' + interval '1' month * id as d from lake.raw.orders"
    )
    trino("alter table lake.marts.by_month add column note varchar")
    trino("alter table lake.marts.by_month rename to lake.marts.monthly")
    trino("alter table lake.marts.monthly execute optimize")
    trino("analyze lake.marts.monthly")
    assert lake.describe("marts.monthly").row_count == 3
    assert [field.transform for field in lake.describe("marts.monthly").partition_fields] == [
        "month"
    ]

    trino("create view lake.marts.names as select name from lake.raw.orders where id < 3")
    assert sorted(trino("select name from lake.marts.names")) == [["m"], ["x"]]
    trino("create or replace view lake.marts.names as select 'one' as name")
    assert trino("select name from lake.marts.names") == [["one"]]
    assert lake.tables() == ("marts.monthly", "raw.orders")
    trino("drop view lake.marts.names")
    trino("drop table lake.marts.monthly")
    trino("drop schema lake.marts")
    assert lake.tables() == ("raw.orders",)
