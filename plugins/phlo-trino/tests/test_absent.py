"""Which engine runs SQL while Trino does not, and what is said to who asks for Trino."""

from __future__ import annotations

import http.server
import threading

import pytest

from phlo.errors.package import NoQueryEngine
from phlo.errors.queries import EngineUnavailable
from phlo.project import Project
from phlo.runtime.state import STARTED
from phlo_trino.engine import TrinoEngine

BASE = "name: lake\nruntime: native\nservices:\n  phlo-api: {enabled: true}\n"
OFF = "".join(
    f"  {one}: {{enabled: false}}\n"
    for one in ("nessie", "seaweedfs", "minio", "postgres", "dagster", "superset", "observatory")
)


@pytest.fixture
def opened(tmp_path):
    def opened(more="", started=()):
        (tmp_path / "phlo.yaml").write_text(BASE + OFF + more)
        if started:
            STARTED.write(tmp_path, {"services": {name: {} for name in started}})
        return Project.open(tmp_path)

    return opened


def test_the_embedded_engine_runs_sql_where_trino_was_never_started(opened, monkeypatch):
    monkeypatch.setattr("phlo.pipeline.compose", None)  # nothing is composed to find out
    project = opened()
    assert project.engine().name == "duckdb"
    assert [one.name for one in project.engines.all()] == ["duckdb"]


def test_it_does_so_while_trino_is_down(opened):
    project = opened(started=["trino"])
    assert project.engine().name == "duckdb"
    told = project.engines.all()
    assert [(one.name, one.is_default) for one in told] == [("duckdb", True), ("trino", False)]
    assert told[1].problem.startswith("nothing answers at http://127.0.0.1:")


def test_who_asks_for_trino_is_told_how_to_start_it(opened):
    project = opened()
    with pytest.raises(EngineUnavailable, match="does not answer") as caught:
        project.query("select 1", engine="trino")
    assert caught.value.fix.command == "phlo services start trino"


def test_the_engine_of_the_project_is_not_replaced_by_another(opened):
    project = opened("sql: {engine: trino}\n", started=["trino"])
    assert project.engine().name == "trino"
    with pytest.raises(EngineUnavailable):
        project.query("select 1")
    other = opened("sql: {engine: duckdb}\n", started=["trino"])
    assert other.engine().name == "duckdb"


def test_a_project_without_trino_has_no_such_engine(opened):
    project = opened("  trino: {enabled: false}\n")
    with pytest.raises(NoQueryEngine, match="'trino'") as caught:
        project.engine("trino")
    assert "disabled" in caught.value.why


def test_a_trino_that_others_run_is_asked_for_main_only(opened):
    project = opened(
        "  big: {type: external, provides: query.sql/trino, properties: {url: 'http://127.0.0.1:9'}}\n"
    )
    engine = project.engine("big")
    assert isinstance(engine, TrinoEngine)
    assert engine.name == "big"
    project.lake.create_branch("dev")
    with pytest.raises(EngineUnavailable, match="only main") as caught:
        project.query("select 1", engine="big", ref="dev")
    assert "another engine" in caught.value.fix.text


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b'{"starting": true}', "it is still starting"),
        (b'{"starting": false}', None),
        (b"<html>", "is no Trino"),
        (b"[]", "is no Trino"),
    ],
)
def test_what_answers_may_not_be_ready_or_no_trino(answer, wanted):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        problem = TrinoEngine({"url": f"http://127.0.0.1:{server.server_port}"}).problem()
        server.shutdown()
    assert problem is wanted if wanted is None else wanted in problem
