"""Superset on Trino, its own tables in Postgres: what a person makes outlives a restart of all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.servers import alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Superset, SupersetProject

    from phlo.testing.containers import ContainerProject
    from phlo.testing.folder import ProjectFolder

    Marts = Callable[[ProjectFolder], SupersetProject]
    Wait = Callable[[Superset], list[dict[str, Any]]]

SUM = "select carrier, sum(flights) as flights from marts.delays group by carrier order by 1"
WANTED = [{"carrier": carrier, "flights": 300} for carrier in "ABC"]


@pytest.mark.server
def test_rows_come_from_trino_and_dashboards_stay_in_postgres(
    reachable: ContainerProject, with_marts: Marts, wait_for_dashboards: Wait
) -> None:
    for package in ("phlo_trino", "phlo_postgres"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    project = with_marts(reachable)
    home = os.environ.get("TRINO_HOME", "")
    services = {
        **alone("phlo-api", "trino", "postgres"),
        "trino": {"settings": {"heap": "768m", "home": home}},
        "superset": {"enabled": True},
    }
    text = f"name: {reachable.name}\nruntime: native\nservices: {json.dumps(services)}\n"
    reachable.write("phlo.yaml", text)
    project.start_all()
    project.made()
    superset = project.superset()
    databases = {one["database_name"]: one["backend"] for one in superset.all("database")}
    assert databases == {"Lake": "trino", "Postgres": "postgresql"}
    assert superset.sql(SUM).json()["data"] == WANTED
    for text in ("create table marts.mine as select 1 as a", "delete from marts.delays"):
        answer = superset.sql(text)
        assert answer.status_code >= 400 or "error" in answer.json(), answer.text
    assert reachable.rows("select count(*) from marts.delays") == [[24]]

    [dashboard] = wait_for_dashboards(superset)
    renamed = {"dashboard_title": "Mine now"}
    assert superset.http.put(f"/dashboard/{dashboard['id']}", json=renamed).status_code == 200
    [dataset] = superset.all("dataset")
    assert (dataset["schema"], dataset["table_name"]) == ("marts", "delays")
    assert not list((reachable.root / ".phlo/native/superset").rglob("superset.db"))

    assert reachable.phlo("services", "stop").returncode == 0
    project.start_all()
    superset = project.superset()
    assert superset.status == 200
    assert [one["dashboard_title"] for one in superset.all("dashboard")] == ["Mine now"]
    assert superset.sql(SUM).json()["data"] == WANTED


@pytest.mark.docker
def test_in_a_container_it_reads_the_lake_and_keeps_its_own(
    make_project: Callable[..., ContainerProject], with_marts: Marts, wait_for_dashboards: Wait
) -> None:
    pytest.importorskip("phlo_seaweedfs", reason="phlo-seaweedfs is not installed")
    made = make_project()
    project = with_marts(made)
    services = {
        **alone("phlo-api", "seaweedfs"),
        "seaweedfs": {"runtime": "docker"},
        "superset": {"enabled": True, "runtime": "docker"},
    }
    made.write("phlo.yaml", f"name: {made.name}\nservices: {json.dumps(services)}\n")
    project.start_all()
    project.made()
    superset = project.superset()
    assert superset.status == 200
    assert superset.sql(SUM).json()["data"] == WANTED
    answer = superset.sql("delete from marts.delays")
    assert answer.status_code >= 400 or "error" in answer.json(), answer.text
    [dashboard] = wait_for_dashboards(superset)
    renamed = {"dashboard_title": "Mine now"}
    assert superset.http.put(f"/dashboard/{dashboard['id']}", json=renamed).status_code == 200
    inspected = made.inspect("superset")
    assert inspected["Config"]["User"] not in ("", "0", "root")
    published = inspected["HostConfig"]["PortBindings"].values()
    assert {one["HostIp"] for ports in published for one in ports} == {"127.0.0.1"}

    assert made.phlo("services", "stop").returncode == 0
    project.start_all()
    again = project.superset()
    assert [one["dashboard_title"] for one in again.all("dashboard")] == ["Mine now"]
    assert again.sql(SUM).json()["data"] == WANTED
