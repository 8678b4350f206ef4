"""Companions: as many further processes of a service as a setting of it says."""

from __future__ import annotations

import pytest
import yaml

from phlo.compose.render import render
from phlo.compose.waves import with_needs
from phlo.errors.package import InvalidService
from phlo.model.options import Options
from phlo.testing.composing import definition, stack

CATALOG = """
name: catalog
image: example.org/catalog:1
default: true
ready: started
ports: {api: {container: 4000, host: 4000, primary: true, protocol: http}}
provides: [{capability: iceberg.catalog/rest, port: api}]
"""
ENGINE = """
name: engine
default: true
image: example.org/engine:1
ports: {http: {container: 8080, host: 8080, primary: true, protocol: http}}
settings:
  workers: {type: integer, default: 0, env: ENGINE_WORKERS}
  heap: {default: 1g}
  secret: {type: secret, generate: {length: 24}, env: ENGINE_SECRET}
requires: [{capability: iceberg.catalog/rest, as: catalog}]
provides: [{capability: query.sql/engine, port: http}]
environment: {HEAP: "{settings.heap}"}
files: {/etc/engine.conf: {template: engine.j2}}
volumes: {/data: {source: data}}
healthcheck: {test: [CMD, check]}
companions:
  worker:
    count: workers
    description: A worker
    ports: {http: {container: 8080, host: 8180, protocol: http}}
    environment: {ROLE: worker}
native:
  program: {path: engine}
  processes: {main: {command: [engine, "{port.http}", "{home}/etc/engine.conf"]}}
  health: {http: /info, port: http}
"""
TEMPLATE = (
    "{{ service }} {{ ports.http }} {{ catalog.url }} {{ settings.heap }}"
    " of {{ parent.name if parent else '-' }} {{ parent.ports.http if parent else '-' }}"
)
TWO = "name: lake\nservices: {engine: {settings: {workers: 2}}}\n"
DOCKER, NATIVE = Options(runtime="docker"), Options(runtime="native")


def composed(project=TWO, options=DOCKER, packages=(ENGINE, CATALOG), **more):
    made = stack(project, packages, options=options, **more)
    return made, render(made, lambda path: TEMPLATE)


def services(project=TWO, **more):
    return yaml.safe_load(composed(project, **more)[1].compose)["services"]


def test_there_are_as_many_as_the_setting_says():
    made, _ = composed()
    assert list(made.services) == ["catalog", "engine", "engine-worker-1", "engine-worker-2"]
    worker = made.services["engine-worker-2"]
    assert worker.parent is made.services["engine"]
    assert (worker.reason, worker.definition.description) == ("belongs to 'engine'", "A worker 2")
    assert [one.provider for one in made.bindings] == ["catalog"]
    assert list(composed("name: lake\n")[0].services) == ["catalog", "engine"]


def test_a_variable_says_how_many_too():
    told = {"ENGINE_WORKERS": "1"}
    assert "engine-worker-1" in composed("name: lake\n", environ=told)[0].services
    told = {"N": "3"}
    project = "name: lake\nservices: {engine: {settings: {workers: '${N}'}}}\n"
    assert "engine-worker-3" in composed(project, environ=told)[0].services


def test_each_has_all_that_its_service_has():
    found = services(
        "name: lake\n"
        "services: {engine: {image: mine:2, resources: {memory: 4g}, environment: {X: y},"
        " settings: {workers: 2, heap: 3g}}}\n"
    )
    worker, engine = found["engine-worker-1"], found["engine"]
    assert (worker["image"], worker["mem_limit"]) == ("mine:2", "4g")
    assert worker["healthcheck"] == engine["healthcheck"]
    wanted = {
        "HEAP": "3g", "X": "y", "ROLE": "worker", "PHLO_SERVICE": "engine-worker-1",
        "PHLO_CATALOG_URL": "http://catalog:4000",
        "ENGINE_SECRET": "${PHLO_SECRET_ENGINE_SECRET}",
    }  # fmt: skip
    assert wanted.items() <= worker["environment"].items()
    assert "ROLE" not in engine["environment"]
    assert worker["depends_on"]["engine"]["condition"] == "service_started"
    assert worker["labels"]["phlo.parent"] == "engine"


def test_each_has_a_volume_a_port_and_files_of_its_own():
    made, rendered = composed()
    found = yaml.safe_load(rendered.compose)["services"]
    volumes = {one["source"] for name in found for one in found[name].get("volumes", ())}
    assert {"engine-data", "engine-worker-1-data", "engine-worker-2-data"} <= volumes
    assert "ports" not in found["engine-worker-1"]
    text = rendered.files[".phlo/config/engine-worker-1/etc/engine.conf"].text
    assert text == "engine-worker-1 8080 http://catalog:4000 1g of engine 8080"
    assert rendered.files[".phlo/config/engine/etc/engine.conf"].text.endswith("of - -")
    del made


def test_as_local_processes():
    made, rendered = composed(
        options=NATIVE, packages=(ENGINE, CATALOG + "native: {processes: {main: {command: [c]}}}\n")
    )
    programs = {one.name: one for one in rendered.native}
    assert list(programs) == ["catalog", "engine", "engine-worker-1", "engine-worker-2"]
    home = f"{made.root}/.phlo/native/engine-worker-2"
    worker = programs["engine-worker-2"]
    assert worker.command == ("engine", "8181", f"{home}/etc/engine.conf")
    assert (worker.health.path, worker.health.port) == ("/info", 8181)
    # It looks for its service as long as it takes, so it starts beside it.
    assert worker.needs == ()
    text = rendered.files[".phlo/native/engine-worker-2/etc/engine.conf"].text
    assert text == "engine-worker-2 8181 http://127.0.0.1:4000 1g of engine 8080"


def test_they_start_and_are_left_out_with_their_service():
    made, _ = composed()
    assert with_needs(made, ["engine"])[1:] == ("engine", "engine-worker-1", "engine-worker-2")
    project = "name: lake\nservices: {engine: {enabled: false, settings: {workers: 2}}}\n"
    assert list(composed(project)[0].services) == ["catalog"]


def test_a_person_changes_one_by_its_name():
    project = (
        "name: lake\nservices:\n  engine: {settings: {workers: 2}}\n"
        "  engine-worker-2: {resources: {memory: 8g}}\n"
    )
    found = services(project)
    assert "mem_limit" not in found["engine-worker-1"]
    assert found["engine-worker-2"]["mem_limit"] == "8g"


def test_another_instance_has_companions_of_its_own():
    project = "name: lake\nservices: {big: {extends: engine, settings: {workers: 1}}}\n"
    made, _ = composed(project)
    assert "big-worker-1" in made.services
    assert "engine-worker-1" not in made.services


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("companions: [a]", "a map of companions"),
        ("companions: {w: {}}", "one of its integer settings"),
        ("companions: {w: {count: size}}", "'size'"),
        ("companions: {W: {count: n}}", "'a-W-1'"),
        ("companions: {w: {count: n, imgae: x}}", "unknown key 'imgae'"),
    ],
)
def test_a_companion_that_is_wrong_is_told(text, wanted):
    base = "name: a\nimage: x:1\nready: started\nsettings: {n: {type: integer, default: 1}}\n"
    with pytest.raises(InvalidService) as caught:
        definition(base + text + "\n")
    error = caught.value
    assert wanted in " ".join([error.message, error.why or "", *(r.message for r in error.related)])
