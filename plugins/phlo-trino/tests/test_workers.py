"""Workers: they share the work, and the loss of one is no loss of an answer."""

from __future__ import annotations

import os
import signal
import threading
import time

import psutil
import pytest

from phlo.lakehouse.write import WritePlan, write

pytestmark = pytest.mark.server

SLOW = (
    "select (a.id * b.id + c.id) % 10 as k, count(distinct a.id) as n from raw.work a"
    " join raw.work b on a.half = b.half join raw.work c on c.half = b.half group by 1 order by 1"
)
NODES = "select node_id from system.runtime.nodes where state = 'active' order by 1"


def running(engine) -> set[str]:
    sql = "select distinct node_id from system.runtime.tasks where state = 'RUNNING'"
    rows, _ = engine._server.all(sql, {"X-Trino-User": "phlo"})
    return {node for (node,) in rows}


def test_a_worker_is_lost_and_the_query_is_not(folder, project, engine, lake):
    assert project.query(NODES)["node_id"].to_pylist() == ["trino", "trino-worker-1"]
    rows = [{"id": i, "half": i % 2} for i in range(500)]
    write(lake, "raw.work", rows, WritePlan())
    found = []

    def ask() -> None:
        found.append(project.query(SLOW, engine="trino").num_rows)

    asking = threading.Thread(target=ask)
    asking.start()
    services = folder.json("services", "status")["services"]
    [pid] = [one["pid"] for one in services if one["name"] == "trino-worker-1"]
    while asking.is_alive() and "trino-worker-1" not in running(engine):
        time.sleep(0.05)
    assert asking.is_alive(), "the query was over before its worker could be lost"
    os.kill(pid, signal.SIGKILL)
    asking.join(300)
    assert found == [5]
    assert project.query("select count(*) as n from raw.work").to_pylist() == [{"n": 500}]
    end = time.monotonic() + 240
    while project.query(NODES).num_rows < 2:  # it is started anew
        assert time.monotonic() < end, "the worker did not come back"
        time.sleep(1)
    assert not psutil.pid_exists(pid)
