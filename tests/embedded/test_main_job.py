"""The main job, from an empty folder to tables on a page, and back to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lake


def test_init_start_materialize_look_stop(lake: Lake) -> None:
    started = lake.json("services", "start")
    states = {one["name"]: one["state"] for one in started["services"]}
    assert states == {
        "phlo-api": "healthy", "observatory": "healthy", "lake": "embedded", "duckdb": "embedded",
    }  # fmt: skip

    page = lake.endpoint("observatory")
    assert httpx.get(page).status_code == 200
    assert httpx.get(f"{page}/api/v1/datasets").status_code == 401, "nobody is in without a link"
    made = lake.phlo("materialize")
    assert made.returncode == 0, made.stderr

    with httpx.Client(base_url=page, headers={"x-phlo-csrf": "1"}, timeout=30) as browser:
        token = started["login_url"].rpartition("=")[2]
        told = browser.post("/api/v1/auth/exchange", json={"token": token})
        assert told.status_code == 200, told.text
        datasets = {one["name"]: one for one in browser.get("/api/v1/datasets").json()["items"]}
        assert datasets["raw.orders"]["row_count"]["value"] == 4
        assert datasets["marts.daily_revenue"]["row_count"]["value"] == 3
        services = browser.get("/api/v1/services").json()["items"]
        assert {one["name"]: one["state"] for one in services} == states
        assert browser.get("/api/v1/services/phlo-api/logs").json()["items"]
    assert lake.rows("select drink, cups from raw.orders order by id") == [
        ["espresso", 2], ["latte", 1], ["latte", 3], ["tea", 1],
    ]  # fmt: skip

    assert lake.processes(), "the test would not see what is left"
    stopped = lake.phlo("services", "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert lake.processes() == []
    assert {one["state"] for one in lake.json("services", "status")["services"]} == {
        "stopped", "embedded",
    }  # fmt: skip


def test_a_second_start_leaves_what_runs(lake: Lake) -> None:
    first = {s["name"]: s["pid"] for s in lake.json("services", "start")["services"]}
    again = {s["name"]: s["pid"] for s in lake.json("services", "start")["services"]}
    assert again == first


def test_two_starts_at_once_agree(lake: Lake) -> None:
    both = [lake.start("services", "start", "--json") for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    supervisors = [p for p in lake.processes() if "supervisor.supervisord" in " ".join(p.cmdline())]
    assert len(supervisors) == 1


def test_init_refuses_a_project_and_keeps_what_is_there(lake: Lake, tmp_path: Path) -> None:
    before = (lake.root / "phlo.yaml").read_text()
    again = lake.phlo("init", ".")
    assert again.returncode == 3
    assert "PHLO-C115" in again.stderr
    assert (lake.root / "phlo.yaml").read_text() == before
    lines = [line for line in before.splitlines() if line and not line.startswith("#")]
    assert lines == ['name: "my lake"'], "a name, and comments"


def test_a_change_of_the_configuration_reaches_only_what_it_concerns(lake: Lake) -> None:
    before = {s["name"]: s["pid"] for s in lake.json("services", "start")["services"]}
    port = httpx.URL(lake.endpoint("observatory")).port
    lake.write("phlo.yaml", "name: my lake\nservices:\n  observatory:\n    port: 18237\n")
    after = {s["name"]: s["pid"] for s in lake.json("services", "start")["services"]}
    assert after["phlo-api"] == before["phlo-api"]
    assert after["observatory"] != before["observatory"]
    assert httpx.get("http://127.0.0.1:18237/healthz").status_code == 200
    assert port != 18237
    explained = lake.json("config", "explain", "observatory.port")["values"][0]
    assert (explained["value"], explained["file"], explained["line"]) == (18237, "phlo.yaml", 4)
    assert explained["overrides"][0]["layer"] == "package"


def test_a_broken_configuration_stops_nothing(lake: Lake) -> None:
    assert lake.phlo("services", "start").returncode == 0
    lake.write("phlo.yaml", "name: lake\nservices:\n  observatory:\n    prot: 1\n")
    for command in ("start", "restart"):
        refused = lake.phlo("services", command)
        assert refused.returncode == 3
        assert "phlo.yaml:4:5" in refused.stderr
    shown = lake.phlo("services", "status", "--json")
    assert shown.returncode == 3
    assert '"healthy"' in shown.stdout, "what runs is shown all the same"
    assert lake.phlo("services", "stop").returncode == 0
    assert lake.processes() == []


def test_a_plan_is_what_a_start_then_does(lake: Lake) -> None:
    planned = lake.json("services", "plan")["changes"]
    assert {(one["service"], one["action"]) for one in planned} == {
        ("phlo-api", "start"), ("observatory", "start"),
    }  # fmt: skip
    moved = lake.json("services", "start", "--port", "observatory=18238")
    [page] = [one for one in moved["services"] if one["name"] == "observatory"]
    assert page["endpoints"][0]["port"] == 18238
    assert lake.endpoint("observatory") == "http://127.0.0.1:18238", (
        "status knows how it was started"
    )
    assert lake.json("services", "plan", "--port", "observatory=18238")["changes"] == []
    [change] = lake.json("services", "plan")["changes"]
    assert (change["service"], change["action"]) == ("observatory", "restart")
    assert [key["key"] for key in change["keys"]] == ["ports.web"]
    pending = lake.phlo("services", "plan", "--detailed-exitcode", "--without", "observatory")
    assert pending.returncode == 20
