"""The real program as a local process: who may enter, what is there, that it stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from phlo.testing.folder import ProjectFolder
from phlo.testing.servers import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Superset, SupersetProject

    Wait = Callable[[Superset], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, with_marts: Callable[[ProjectFolder], SupersetProject]
) -> Iterator[SupersetProject]:
    project = with_marts(ProjectFolder(tmp_path_factory.mktemp("lake")))
    services = {**alone("phlo-api"), "superset": {"enabled": True}}
    text = f"name: dash\nruntime: native\nservices: {json.dumps(services)}\n"
    project.folder.write("phlo.yaml", text)
    project.made()
    project.start_all()
    yield project
    project.folder.phlo("services", "reset", "--yes", "--no-snapshot")


@pytest.mark.server
class TestSuperset:
    """The order of these tests is that of a person's days with it."""

    def test_who_has_no_password_is_refused(self, project: SupersetProject) -> None:
        superset = project.superset()
        assert superset.status == 200
        url = project.url
        for wrong in ("admin", "", "general", project.password + "x"):
            assert project.superset(wrong).status in (400, 401)
        assert httpx.get(f"{url}/api/v1/database/").status_code == 401
        assert httpx.get(f"{url}/health").text == "OK"

    def test_the_lake_is_a_database(self, project: SupersetProject) -> None:
        names = [one["database_name"] for one in project.superset().all("database")]
        assert names == ["Lake"]

    def test_a_query_returns_the_marts_rows(self, project: SupersetProject) -> None:
        answer = project.superset().sql(
            "select carrier, sum(flights) as flights from marts.delays group by carrier order by 1"
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == [{"carrier": c, "flights": 300} for c in "ABC"]

    @pytest.mark.parametrize(
        "text",
        [
            "create table marts.mine as select 1 as a",
            "delete from marts.delays",
            "select * from read_text('/etc/passwd')",
        ],
    )
    def test_it_reads_the_tables_and_no_more(self, project: SupersetProject, text: str) -> None:
        answer = project.superset().sql(text)
        assert answer.status_code >= 400 or "error" in answer.json(), answer.text
        assert project.folder.rows("select count(*) from marts.delays") == [[24]]

    def test_marts_are_datasets_and_the_demo_has_a_dashboard(
        self, project: SupersetProject, wait_for_dashboards: Wait
    ) -> None:
        superset = project.superset()
        [dashboard] = wait_for_dashboards(superset)
        assert dashboard["dashboard_title"] == "Flight delays"
        [dataset] = superset.all("dataset")
        assert (dataset["schema"], dataset["table_name"]) == ("marts", "delays")
        charts = superset.all("chart")
        assert len(charts) == 3
        for chart in charts:
            answer = superset.http.get(f"/chart/{chart['id']}")
            params = json.loads(answer.json()["result"]["params"])
            assert params["datasource"] == f"{dataset['id']}__table"
        body = {
            "datasource": {"id": dataset["id"], "type": "table"}, "force": True,
            "queries": [{"columns": ["carrier"], "metrics": [
                {"expressionType": "SQL", "sqlExpression": "SUM(flights)", "label": "n"}
            ], "row_limit": 10}],
        }  # fmt: skip
        answer = superset.http.post("/chart/data", json=body)
        assert answer.status_code == 200, answer.text
        rows = answer.json()["result"][0]["data"]
        assert sorted((row["carrier"], row["n"]) for row in rows) == [(c, 300) for c in "ABC"]

    def test_a_restart_keeps_what_a_person_made(self, project: SupersetProject) -> None:
        superset = project.superset()
        [dashboard] = superset.all("dashboard")
        renamed = {"dashboard_title": "Mine now"}
        assert superset.http.put(f"/dashboard/{dashboard['id']}", json=renamed).status_code == 200
        assert superset.http.post("/dashboard/", json={"dashboard_title": "Other"}).is_success
        old = project.password
        assert project.folder.phlo("secrets", "rotate", "superset.password").returncode == 0
        assert project.folder.phlo("services", "stop").returncode == 0
        project.start_all()
        superset = project.superset()
        assert superset.status == 200
        assert project.password != old
        assert project.superset(old).status == 401
        titles = sorted(one["dashboard_title"] for one in superset.all("dashboard"))
        assert titles == ["Mine now", "Other"]
        assert [one["database_name"] for one in superset.all("database")] == ["Lake"]

    def test_its_secrets_are_in_no_rendered_file(self, project: SupersetProject) -> None:
        for file in (project.root / ".phlo" / "native").rglob("*"):
            if file.is_file() and file.suffix != ".db" and file.stat().st_mode & 0o077:
                assert project.password not in file.read_text(errors="replace"), file
