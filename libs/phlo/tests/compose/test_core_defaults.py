"""Layer 0: what a service has where nobody says another thing, and what opens it to others."""

from __future__ import annotations

import pytest
import yaml

from phlo.compose.explain import explain
from phlo.compose.render import render
from phlo.testing.composing import stack

DB = """
name: db
default: true
image: example.org/db:1
ports: {sql: {container: 5432, host: 5432, primary: true}, admin: {container: 81, host: 81}}
settings:
  password: {type: secret, generate: {length: 24}, env: DB_PASSWORD}
ready: started
jobs: {setup: {command: [setup]}}
"""
OPEN = """
name: open
default: true
image: example.org/open:1
ports: {http: {container: 80, host: 8080, primary: true, protocol: http}}
settings:
  user: {default: admin, env: ADMIN_USER}
  admin_password: {default: admin, env: ADMIN_PASSWORD}
environment: {API_TOKEN: "12345678", DB_PASSWORD: "{settings.user}", SECRET: "", KEY_FILE: /run/key}
ready: started
"""


def said(made, path):
    return {one.path: (one.said.value, one.said.layer) for one in explain(made, path)}


def body(made, name="db"):
    return yaml.safe_load(render(made).compose)["services"][name]


def test_they_are_shown_as_phlos_own():
    made = stack("name: lake\n", [DB])
    assert said(made, "services.db.restart") == {"db.restart": ("unless-stopped", "phlo")}
    assert said(made, "services.db.ports.sql.bind") == {"db.ports.sql.bind": ("127.0.0.1", "phlo")}
    assert said(made, "db.logging") == {
        "db.logging.driver": ("json-file", "phlo"),
        "db.logging.options.max-file": ("3", "phlo"),
        "db.logging.options.max-size": ("10m", "phlo"),
    }
    assert said(made, "db-setup.restart") == {"db-setup.restart": ("no", "phlo")}


def test_a_package_and_a_person_say_another_thing():
    made = stack("name: lake\n", [DB + "restart: always\n"])
    assert said(made, "db.restart") == {"db.restart": ("always", "package")}
    project = (
        "name: lake\nservices: {db: {restart: on-failure, logging: {options: {max-size: 1m}}}}\n"
    )
    made = stack(project, [DB])
    [one] = explain(made, "db.restart")
    assert (one.said.value, one.said.layer) == ("on-failure", "phlo.yaml")
    assert [(o.value, o.layer) for o in one.overrides] == [("unless-stopped", "phlo")]
    found = body(made)
    assert found["restart"] == "on-failure"
    assert found["logging"]["options"] == {"max-file": "3", "max-size": "1m"}


def test_another_driver_has_options_of_its_own():
    made = stack("name: lake\nservices: {db: {logging: {driver: local}}}\n", [DB])
    assert body(made)["logging"] == {"driver": "local"}


def test_a_null_takes_them_away():
    made = stack("name: lake\nservices: {db: {restart: null, logging: null}}\n", [DB])
    assert not {"restart", "logging"} & set(body(made))


def test_a_service_of_ones_own_has_them_too():
    project = "name: lake\nservices: {own: {type: inline, image: a:1}}\n"
    assert body(stack(project), "own")["restart"] == "unless-stopped"


def test_nothing_is_said_of_loopback():
    made = stack("name: lake\n", [DB, OPEN])
    assert not made.warnings
    assert not [note for note in made.notes if "other machines" in note]


@pytest.mark.parametrize("bind", ["0.0.0.0", "192.168.1.5", "::"])
def test_a_port_that_others_reach_is_told(bind):
    project = f"name: lake\nservices: {{db: {{ports: {{sql: {{bind: '{bind}'}}}}}}}}\n"
    made = stack(project, [DB])
    assert f"'db.sql' can be reached from other machines: it is bound to {bind}:5432" in made.notes
    assert not any("db.admin" in note for note in made.notes)
    assert not made.warnings  # its password was made for this project


def test_a_known_password_is_warned_of():
    project = "name: lake\nservices: {open: {ports: {http: {bind: 0.0.0.0}}}}\n"
    made = stack(project, [OPEN])
    assert {w.code for w in made.warnings} == {"PHLO-C143"}
    assert [w.path for w in made.warnings] == [
        "services.open.settings.admin_password", "services.open.environment.API_TOKEN",
    ]  # fmt: skip
    assert str(made.warnings[0].where) == "phlo.yaml:2:40"


def test_one_of_ones_own_is_not_and_that_is_the_fix():
    project = """
        name: lake
        services:
          open:
            ports: {http: {bind: 0.0.0.0}}
            settings: {admin_password: "${MY_SECRET}"}
            environment: {API_TOKEN: "${MY_SECRET}"}
        """
    made = stack(project, [OPEN], environ={"MY_SECRET": "kept-elsewhere"})
    assert not made.warnings
    project = "name: lake\nservices: {open: {ports: {http: {bind: 127.0.0.1}}}}\n"
    assert not stack(project, [OPEN]).warnings
