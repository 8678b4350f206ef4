"""Queries over HTTP: started, read by windows, cancelled, refused."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

if TYPE_CHECKING:
    import httpx

#: Takes minutes if it is let.
SLOW = "select count(*) from range(1000000) a, range(1000000) b where a.range != b.range + 7"


def start(api: httpx.Client, sql: str, **body: Any) -> httpx.Response:
    return api.post("/queries", json={"sql": sql, **body})


def reached(api: httpx.Client, query: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        told: dict[str, Any] = api.get(f"/queries/{query}").json()
        if told["state"] in states:
            return told
        assert time.monotonic() < end, told
        time.sleep(0.02)


def over(api: httpx.Client, query: str) -> dict[str, Any]:
    return reached(api, query, "succeeded", "failed", "cancelled")


def done(api: httpx.Client, sql: str) -> dict[str, Any]:
    answer = start(api, sql)
    assert answer.status_code == 202, answer.text
    return over(api, answer.json()["id"])


def test_a_query_is_read_by_windows(api: httpx.Client) -> None:
    told = done(api, "select id, country from raw.orders order by id")
    assert told["state"] == "succeeded"
    assert told["row_count"] == 250
    assert told["complete"]
    assert [column["name"] for column in told["columns"]] == ["id", "country"]
    window = {"offset": 248, "limit": 10}
    rows = api.get(f"/queries/{told['id']}/result", params=window).json()["rows"]
    assert rows == [[str(9007199254740993 + 248), "FR"], [str(9007199254740993 + 249), "DE"]]
    arrow = api.get(f"/queries/{told['id']}/result", params=window | {"format": "arrow"})
    table = pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    assert table.num_rows == 2


def test_columns_of_one_name_are_all_kept(api: httpx.Client) -> None:
    told = done(api, "select 1 as x, 2 as x, 'a' as x")
    assert [column["name"] for column in told["columns"]] == ["x", "x", "x"]
    assert api.get(f"/queries/{told['id']}/result").json()["rows"] == [[1, 2, "a"]]


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw.orders",
        "drop table raw.orders",
        "create table raw.x as select 1",
        "copy (select 1) to '/tmp/phlo-must-not-be-there.csv'",
        "attach '/tmp/x.db'",
        "install httpfs",
        "set memory_limit='1GB'",
        "select 1; drop table raw.orders",
    ],
)
def test_what_is_no_reading_is_refused(api: httpx.Client, sql: str) -> None:
    answer = start(api, sql)
    assert answer.status_code in (403, 422)
    assert answer.json()["code"] in ("PHLO-D922", "PHLO-D921", "PHLO-D920")
    assert done(api, "select count(*) from raw.orders")["state"] == "succeeded"


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/proc/self/environ')",
        "select * from glob('/etc/*')",
    ],
)
def test_files_of_the_machine_are_not_read(api: httpx.Client, sql: str) -> None:
    answer = start(api, sql)
    if answer.status_code == 202:
        told = over(api, answer.json()["id"])
        assert told["state"] == "failed"
        assert "root:" not in str(told)


def test_an_error_names_its_line_and_column(api: httpx.Client) -> None:
    answer = start(api, "select id,\n  countri\nfrom raw.orders")
    assert answer.status_code == 202
    error = over(api, answer.json()["id"])["error"]
    assert (error["where"]["line"], error["where"]["column"]) == (2, 3)
    assert "countri" in error["message"]


def test_cancel_reaches_the_engine(api: httpx.Client) -> None:
    query = start(api, SLOW).json()["id"]
    reached(api, query, "running")
    assert api.delete(f"/queries/{query}").status_code == 202
    assert over(api, query)["state"] == "cancelled"
    # What was cancelled left the engine: another one has its room.
    assert done(api, "select 42")["state"] == "succeeded"


def test_so_many_run_at_once_and_no_more(api: httpx.Client) -> None:
    running = [start(api, SLOW) for _ in range(4)]
    try:
        assert {answer.status_code for answer in running} == {202}
        refused = start(api, "select 1")
        assert refused.status_code == 429
        assert refused.json()["retryable"]
    finally:
        for answer in running:
            api.delete(f"/queries/{answer.json()['id']}")
    for answer in running:
        assert over(api, answer.json()["id"])["state"] == "cancelled"


def test_the_engine_of_a_query_can_be_chosen(api: httpx.Client) -> None:
    told = api.get("/queries/engines").json()["items"]
    assert told[0] == {"name": "duckdb", "is_default": True, "problem": None}
    answer = start(api, "select 1 as x", engine="duckdb")
    assert over(api, answer.json()["id"])["engine"] == "duckdb"
    answer = start(api, "select 1 as x", engine="duckdbb")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "PHLO-P310"
