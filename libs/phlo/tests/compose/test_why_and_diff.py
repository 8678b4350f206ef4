"""Why services run, who needs whom, and what a start would change."""

from __future__ import annotations

import pytest

from phlo.compose.diff import Action, changes, summary
from phlo.compose.host import host_environment
from phlo.compose.why import mermaid, why
from phlo.errors.config import UnknownService
from phlo.model.options import Machine, Options
from phlo.testing.composing import stack

DATABASE = """
name: db
kind: service
default: true
image: db:1
ready: started
ports: {sql: {container: 5432, host: 5432, primary: true, protocol: tcp}}
settings: {password: {type: secret, generate: {length: 20}}}
volumes: {/data: {source: db-data, data: true}}
provides:
  - capability: database.postgres
    port: sql
    properties: {user: u, password: "{settings.password}", database: "{params.database|d}"}
"""
CONSUMER = """
name: app
kind: service
default: true
image: app:1
ready: started
requires:
  - {capability: database.postgres, as: store, params: {database: app}}
  - {capability: mail.smtp, as: mail, optional: true}
"""


def test_a_service_says_whom_it_needs_and_who_needs_it() -> None:
    made = stack(packages=[DATABASE, CONSUMER])
    app = why(made, "app")
    assert [(b.role, b.provider) for b in app.needs] == [("store", "db")]
    assert app.unbound == ("mail",)
    assert any("starts after db" in line for line in app.lines())
    assert [b.consumer for b in why(made, "db").needed_by] == ["app"]
    assert "app runs in a container" in app.lines()[0]


def test_a_service_that_does_not_run_says_why_not() -> None:
    made = stack(packages=[DATABASE, CONSUMER], machine=Machine(root="/x", no_docker="none runs"))
    assert not why(made, "db").runs
    assert "none runs" in why(made, "db").lines()[0]
    with pytest.raises(UnknownService):
        why(made, "dbb")


def test_the_graph_names_every_edge() -> None:
    drawn = mermaid(stack(packages=[DATABASE, CONSUMER]))
    assert '["db"]' in drawn
    assert drawn.count("-->") == 1


def test_the_host_sees_published_ports_and_references_to_secrets() -> None:
    told = host_environment(stack(packages=[DATABASE, CONSUMER]))
    assert told["DB_HOST"] == "127.0.0.1"
    assert told["DB_PORT"] == "5432"
    assert told["DB_PASSWORD"].startswith("${PHLO_SECRET_")
    assert told["DB_DATABASE"] == "d"


def test_nothing_differs_from_itself() -> None:
    made = summary(stack(packages=[DATABASE, CONSUMER]))
    assert changes(made, made) == ()


def test_all_is_started_where_nothing_runs() -> None:
    found = changes({}, summary(stack(packages=[DATABASE, CONSUMER])))
    assert [(c.service, c.action) for c in found] == [("db", Action.START), ("app", Action.START)]


def test_a_change_names_its_keys_and_what_follows_from_it() -> None:
    before = summary(stack(packages=[DATABASE, CONSUMER]))
    after = summary(stack("name: lake\nservices: {db: {port: 6000, image: 'db:2'}}\n",
                          [DATABASE, CONSUMER]))  # fmt: skip
    [change] = changes(before, after)
    keys = {key.key: (key.before, key.after) for key in change.keys}
    assert change.service == "db"
    assert change.action is Action.RESTART
    assert keys == {"image": ("db:1", "db:2"), "ports.sql": ("127.0.0.1:5432", "127.0.0.1:6000")}
    assert not change.is_destructive


def test_another_place_for_the_data_is_destructive() -> None:
    before = summary(stack(packages=[DATABASE]))
    after = summary(stack("name: lake\nservices: {db: {volumes: ['./mine:/data']}}\n", [DATABASE]))
    [change] = changes(before, after)
    assert change.is_destructive
    assert change.as_json()["destructive"] is True


def test_what_is_left_out_is_stopped() -> None:
    before = summary(stack(packages=[DATABASE, CONSUMER]))
    after = summary(stack(packages=[DATABASE, CONSUMER], options=Options(without=("app",))))
    assert [(c.service, c.action) for c in changes(before, after)] == [("app", Action.STOP)]


def test_a_summary_holds_no_secret() -> None:
    given = "name: lake\nservices: {db: {settings: {password: hunter2hunter2}}}\n"
    assert "hunter2hunter2" not in str(summary(stack(given, [DATABASE, CONSUMER])))
