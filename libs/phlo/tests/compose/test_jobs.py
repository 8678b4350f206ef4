"""Jobs that belong to a service: what they share with it, and who waits for them."""

from __future__ import annotations

import pytest
import yaml

from phlo.compose.render import render
from phlo.compose.waves import waves, with_needs
from phlo.errors.package import InvalidService
from phlo.model.options import Options
from phlo.testing.composing import definition, stack

STORE = """
name: store
category: storage
image: example.org/store:1
user: "1000"
ports: {api: {container: 9000, host: 9000, primary: true, protocol: http}}
settings:
  user: {default: admin, env: STORE_USER}
  password: {type: secret, generate: {length: 24}, env: STORE_PASSWORD}
environment: {STORE_ROOT: "{settings.user}"}
healthcheck: {http: /live}
provides:
  - {capability: object-store.s3, port: api, ready: [self, store-setup]}
jobs:
  setup:
    description: Makes the bucket
    image: example.org/client:2
    command: [client, make, "--host={host}:{port}", "--as={settings.user}", "{port.api}"]
    environment: {BUCKET: lake, STORE_ROOT: other}
    native:
      command: [client, make, "{host}:{port}", "{home}"]
  audit:
    command: [store, audit]
    native: {command: [store, audit]}
native:
  program: {path: store}
  environment: {MODE: local}
  processes: {main: {command: [store, serve]}}
"""
USER = """
name: user
default: true
image: example.org/user:1
requires: [{capability: object-store.s3, as: warehouse}]
ready: started
"""


def composed(project="name: lake\n", options=None, packages=(STORE, USER)):
    made = stack(project, packages, options=options)
    content = render(made).compose
    return made, yaml.safe_load(content)["services"] if content else {}


def test_a_job_comes_with_its_service_and_is_a_service():
    made, services = composed()
    assert list(made.services) == ["store", "store-audit", "store-setup", "user"]
    assert made.services["store-setup"].reason == "a job of 'store'"
    assert made.services["store-setup"].parent is made.services["store"]
    setup = services["store-setup"]
    assert setup["restart"] == "no"
    assert setup["labels"]["phlo.kind"] == "job"
    assert setup["labels"]["phlo.parent"] == "store"


def test_it_has_what_its_service_has_and_says_what_differs():
    _, services = composed()
    setup, audit = services["store-setup"], services["store-audit"]
    assert (setup["image"], audit["image"]) == ("example.org/client:2", "example.org/store:1")
    assert audit["user"] == "1000"
    assert setup["command"] == ["client", "make", "--host=store:9000", "--as=admin", "9000"]
    shared = {
        "STORE_USER": "admin", "STORE_PASSWORD": "${PHLO_SECRET_STORE_PASSWORD}",
        "STORE_ROOT": "other", "BUCKET": "lake", "PHLO_SERVICE": "store-setup",
    }  # fmt: skip
    assert shared.items() <= setup["environment"].items()
    assert audit["environment"]["STORE_ROOT"] == "admin"
    assert "ports" not in setup
    assert "healthcheck" not in setup


def test_who_uses_the_service_waits_for_the_jobs_that_it_names():
    made, services = composed()
    assert services["user"]["depends_on"] == {
        "store": {"condition": "service_started", "required": True},
        "store-setup": {"condition": "service_completed_successfully", "required": True},
    }
    assert list(services["store-setup"]["depends_on"]) == ["store"]
    [user] = [one for one in render(made).containers if one.name == "user"]
    assert {(n.service, n.condition) for n in user.needs} == {
        ("store", "healthy"), ("store-setup", "completed"),
    }  # fmt: skip


def test_a_change_of_the_service_is_one_of_its_jobs():
    project = "name: lake\nservices: {store: {image: x:2, environment: {EXTRA: a}}}\n"
    _, services = composed(project)
    assert services["store-audit"]["image"] == "x:2"
    assert services["store-setup"]["image"] == "example.org/client:2"
    assert services["store-setup"]["environment"]["EXTRA"] == "a"


def test_a_person_changes_and_disables_a_job_by_its_name():
    project = """
        name: lake
        services: {store-setup: {environment: {BUCKET: mine}}, store-audit: {enabled: false}}
        """
    made, services = composed(project)
    assert services["store-setup"]["environment"]["BUCKET"] == "mine"
    assert "store-audit" not in services
    assert made.skipped["store-audit"] == "disabled at phlo.yaml:3:79"


@pytest.mark.parametrize(
    ("project", "options"),
    [
        ("name: lake\nservices: {store-setup: {enabled: false}}\n", None),
        ("name: lake\n", Options(without=("store-setup",))),
    ],
)
def test_nobody_waits_for_a_job_that_is_left_out(project, options):
    _, services = composed(project, options)
    assert "store-setup" not in services
    assert list(services["user"]["depends_on"]) == ["store"]


def test_it_is_left_out_with_its_service():
    made, _ = composed("name: lake\nservices: {store: {enabled: false}, user: {enabled: false}}\n")
    assert not made.services
    assert made.skipped["store-setup"] == "'store' does not run"


def test_another_instance_has_jobs_of_its_own():
    project = "name: lake\nservices: {cold: {extends: store}}\n"
    made, services = composed(project, packages=(STORE,))
    assert list(made.services) == ["cold", "cold-audit", "cold-setup"]
    assert services["cold-setup"]["command"][2] == "--host=cold:9000"
    password = services["cold-setup"]["environment"]["STORE_PASSWORD"]
    assert password == "${PHLO_SECRET_COLD_PASSWORD}"


def test_starting_a_service_starts_its_jobs_and_no_others():
    made, _ = composed()
    assert with_needs(made, ["store"]) == ("store", "store-audit", "store-setup")
    assert waves(made) == (("store", "store-audit", "store-setup", "user"),)


def test_as_local_processes():
    project = "name: lake\nservices: {store: {enabled: true}}\n"
    made = stack(project, (STORE,), options=Options(runtime="native"))
    programs = {one.name: one for one in render(made).native}
    assert list(programs) == ["store", "store-audit", "store-setup"]
    setup = programs["store-setup"]
    assert setup.is_job
    assert (setup.needs, setup.parent, setup.command) == (("store",), "store", ())
    home = f"{made.root}/.phlo/native/store"
    assert setup.init == (("client", "make", "127.0.0.1:9000", home),)
    assert setup.program == programs["store"].program
    assert {"MODE": "local", "BUCKET": "lake"}.items() <= setup.environment.items()
    assert not programs["store"].is_job


ONLY = "name: a\nimage: x:1\nready: started\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("jobs: [a]", "a map of jobs"),
        ("jobs: {setup: {}}", "a `command` or an `image` of its own"),
        ("jobs: {setup: {comand: [x]}}", "unknown key 'comand'"),
        ("jobs: {Setup: {command: [x]}}", "'a-Setup'"),
        ("native: {command: [a]}\njobs: {setup: {command: [x]}}", "a `native` command"),
        ("provides: [{capability: ui.web, ready: [self, a-steup]}]\n"
         "jobs: {setup: {command: [x]}}", "'a-steup'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_job(text, wanted):
    with pytest.raises(InvalidService) as error:
        definition(ONLY + text)
    said = " ".join(d.message + str(d.related) for d in error.value.diagnostics())
    assert wanted in said


def test_a_recipe_of_one_command_is_one_process():
    one = definition("name: a\nready: started\nnative: {command: [a, b], environment: {A: b}}\n")
    processes = one.tree["native"]["processes"]
    assert processes["main"]["command"].value == ("a", "b")
    assert "command" not in one.tree["native"]
