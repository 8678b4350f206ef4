from __future__ import annotations

import pytest

from phlo.compose.explain import explain, overridden_wiring
from phlo.errors.config import UnknownPath
from phlo.model.options import Options
from phlo.testing.composing import stack

DB = """
name: db
default: true
image: example.org/db:1
ready: started
ports: {sql: {container: 5432, host: 5432, primary: true}}
provides: [{capability: database.postgres, port: sql}]
settings: {password: {type: secret, generate: {length: 9}}}
profiles: {$append: []}
"""
APP = """
name: app
default: true
image: example.org/app:1
ready: started
requires: [{capability: database.postgres, as: store}]
environment: {DSN: "{store.host}/x", PLAIN: a.b}
labels: {a.b: c}
"""
PROJECT = """
name: lake
services:
  db: {port: 5433, settings: {password: hidden}}
  app: {environment: {DB_HOST: mine}, profiles: {$append: [x]}, enabled: true}
"""


@pytest.fixture
def made():
    return stack(PROJECT, [DB, APP], options=Options(sets=("services.db.port=5434",)))


def one(made, path):
    (found,) = explain(made, path)
    return found


@pytest.mark.parametrize("path", ["services.db.port", "db.port", "services.db.ports.sql.host"])
def test_a_value_with_all_that_it_overrides(made, path):
    found = one(made, path)
    assert found.path == "db.ports.sql.host"
    assert (found.said.value, found.said.layer) == (5434, "command line")
    assert [(s.value, s.layer, str(s.where)) for s in found.overrides] == [
        (5433, "phlo.yaml", "phlo.yaml:4:14"),
        (5432, "package", "phlo-db 1.0.0 service.yaml:5:38"),
    ]


def test_a_map_is_explained_value_by_value(made):
    assert [e.path for e in explain(made, "app.labels")] == ["app.labels.a.b"]
    assert one(made, "app.labels.a.b").said.value == "c"
    assert {e.path for e in explain(made, "db")} >= {"db.image", "db.ports.sql.host"}


def test_a_wired_variable(made):
    found = one(made, "app.environment.DB_PORT")
    assert (found.said.value, found.said.layer) == ("5432", "wiring: app.store -> db")
    assert "published" in str(found.note)
    assert one(made, "app.environment.DSN").said.value == "db/x"


def test_a_wired_variable_that_is_overridden(made):
    (found,) = overridden_wiring(made)
    assert (found.path, found.said.value) == ("app.environment.DB_HOST", "mine")
    assert found.overrides[0].value == "db"


def test_secrets_are_not_shown(made):
    found = one(made, "db.settings.password")
    assert (found.said.value, found.overrides) == ("***", ())


def test_edits_of_lists_are_shown(made):
    assert one(made, "app.profiles").said.value == ["x"]
    assert one(made, "name").said.value == "lake"


def test_a_path_that_is_not_there(made):
    with pytest.raises(UnknownPath) as caught:
        explain(made, "db.imag")
    assert "did you mean 'db.image'" in caught.value.fix.text
