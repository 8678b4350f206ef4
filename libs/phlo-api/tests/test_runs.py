"""Runs, checks and events over HTTP."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


def ended(api: httpx.Client, run: str) -> dict[str, Any]:
    end = time.monotonic() + 90
    while True:
        told: dict[str, Any] = api.get(f"/runs/{run}").json()
        if told["state"] in ("succeeded", "failed", "cancelled"):
            return told
        assert time.monotonic() < end, told
        time.sleep(0.1)


def test_a_run_is_launched_followed_and_recorded(api: httpx.Client) -> None:
    launched = api.post("/runs", json={"selection": "raw.orders"})
    assert launched.status_code == 202
    run = launched.json()["id"]
    told = ended(api, run)
    assert told["state"] == "succeeded"
    assert told["trigger"] == "api"
    [step] = told["steps"]
    assert (step["asset"], step["state"], step["reason"]) == (
        "raw.orders",
        "succeeded",
        "unchanged",
    )
    kinds = [one["type"] for one in api.get(f"/runs/{run}/events").json()["items"]]
    assert kinds[0] == "run.queued"
    assert kinds[-1] == "run.ended"
    assert "check.executed" in kinds


def test_a_selection_that_matches_nothing_is_a_problem(api: httpx.Client) -> None:
    answer = api.post("/runs", json={"selection": "raw.ordrs"})
    assert answer.status_code == 422
    assert "raw.orders" in answer.json()["fix"][0]["label"]


def test_runs_are_narrowed_by_state_and_asset(api: httpx.Client) -> None:
    failed = api.get("/runs", params={"state": "failed"}).json()["items"]
    assert {run["state"] for run in failed} == {"failed"}
    assert api.get("/runs", params={"asset": "marts.totals"}).json()["items"]
    assert api.get("/runs", params={"asset": "no.such"}).json()["items"] == []


def test_failing_rows_are_shown_with_the_sql_that_finds_them(api: httpx.Client) -> None:
    checks = {(one["table"], one["name"]): one for one in api.get("/checks").json()["items"]}
    check = checks["raw.broken", "between:id"]
    assert check["status"] == "failed"
    rows = api.get(f"/checks/{check['id']}/failing-rows").json()
    assert rows["columns"] == ["id"]
    assert rows["rows"] in ([["1"]], [[1]])
    assert "between" in rows["sql"].lower() or "<" in rows["sql"]
    history = api.get(f"/checks/{check['id']}/executions").json()["items"]
    assert history[0]["status"] == "failed"
    warned = api.get("/checks", params={"status": "warned"}).json()
    assert [one["name"] for one in warned["items"]] == ["between:amount"]


def test_the_stream_replays_what_was_missed(api: httpx.Client) -> None:
    events = api.get("/events", params={"limit": 3}).json()["items"]
    first = events[0]["id"]
    seen = []
    query = {"max_seconds": 2}
    headers = {"last-event-id": str(first)}
    with api.stream("GET", "/events/stream", params=query, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("id:"):
                seen.append(int(line.removeprefix("id:")))
            if line.startswith("data:"):
                json.loads(line.removeprefix("data:"))
    assert seen[:2] == [first, first + 1], "where it begins, and what comes next"
    assert seen == sorted(seen)
