from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.errors import ErrorGroup
from phlo.errors.config import UnknownService
from phlo.errors.runtime import CannotRunHere
from phlo.model.options import Options
from phlo.testing.composing import MACHINE, stack


def package(name, *more, image=True):
    lines = [f"name: {name}", "ready: started", *more]
    return "\n".join([*lines, f"image: example.org/{name}:1"] if image else lines) + "\n"


API = package("api", "default: true", "category: core")
TOOL = package("tool")
NESSIE = package("nessie", "default: true", "category: catalog", "priority: 50")
POLARIS = package("polaris", "default: true", "category: catalog", "priority: 10")
RECIPE = "native: {processes: {main: {command: [run]}}}"
NO_DOCKER = replace(MACHINE, docker=False, no_docker="Docker is not running")


def names(project="name: lake\n", *packages, **options):
    machine = options.pop("machine", MACHINE)
    return set(stack(project, packages, options=Options(**options), machine=machine).services)


def test_defaults_are_taken_in_and_others_are_not():
    made = stack("name: lake\n", [API, TOOL])
    assert set(made.services) == {"api"}
    assert made.skipped["tool"].startswith("not taken in by default")


def test_what_is_enabled_is_taken_in_and_what_is_disabled_is_not():
    project = "name: lake\nservices: {tool: {enabled: true}, api: {enabled: false}}\n"
    made = stack(project, [API, TOOL])
    assert set(made.services) == {"tool"}
    assert made.services["tool"].reason == "enabled at phlo.yaml:2:28"
    assert made.skipped["api"].startswith("disabled at phlo.yaml:2")


def test_configuring_is_not_enabling():
    assert names("name: lake\nservices: {tool: {image: x}}\n", TOOL) == set()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"extra": ("tool",)}, {"api", "tool"}),
        ({"without": ("api",)}, set()),
        ({"only": ("tool",)}, {"tool"}),
        ({"only": ("tool",), "without": ("tool",)}, set()),
    ],
)
def test_the_command_line_beats_the_file(options, wanted):
    project = "name: lake\nservices: {tool: {enabled: false}, api: {enabled: true}}\n"
    assert names(project, API, TOOL, **options) == wanted


def test_a_name_on_the_command_line_that_nothing_has():
    with pytest.raises(UnknownService, match="apy") as caught:
        names("name: lake\n", API, extra=("apy",))
    assert "rename it to 'api'" in caught.value.fix.text


def test_a_profile_only_adds():
    extra = package("extra", "profiles: [big]", "default: true")
    assert names("name: lake\n", API, extra) == {"api"}
    assert names("name: lake\n", API, extra, profiles=("big",)) == {"api", "extra"}
    off = "name: lake\nservices: {extra: {enabled: false}}\n"
    assert names(off, API, extra, profiles=("big",)) == {"api"}


def test_a_required_service_ignores_its_profile():
    db = package("db", "profiles: [big]", "provides: [{capability: database.postgres}]")
    app = package("app", "default: true", "requires: [{capability: database.postgres, as: db}]")
    made = stack("name: lake\n", [app, db])
    assert set(made.services) == {"app", "db"}
    assert made.services["db"].reason == "provides database.postgres for 'app'"
    assert any("'db' is taken in" in note for note in made.notes)


def test_of_a_slot_for_one_the_highest_priority_runs():
    made = stack("name: lake\n", [NESSIE, POLARIS])
    assert set(made.services) == {"nessie"}
    assert made.skipped["polaris"] == "'nessie' is the project's catalog"


def test_an_enabled_one_takes_the_slot_of_a_default():
    assert names("name: lake\nservices: {polaris: {enabled: true}}\n", NESSIE, POLARIS) == {
        "polaris"
    }


def test_what_cannot_run_leaves_its_slot_to_the_next():
    polaris = POLARIS + RECIPE + "\n"
    made = stack("name: lake\n", [NESSIE, polaris], machine=NO_DOCKER)
    assert {s.name: s.runtime for s in made.services.values()} == {"polaris": "native"}
    assert made.skipped["nessie"] == "it comes as a container image, and Docker is not running"


def test_an_enabled_one_that_cannot_run_is_an_error():
    with pytest.raises(CannotRunHere) as caught:
        names("name: lake\nservices:\n  tool: {enabled: true}\n", TOOL, API, machine=NO_DOCKER)
    assert caught.value.exit_code == 6
    assert str(caught.value.where) == "phlo.yaml:3:19"
    assert names(
        "name: lake\nservices:\n  tool: {enabled: true}\n", TOOL, API, machine=NO_DOCKER,
        without=("tool",),
    ) == set()  # fmt: skip


@pytest.mark.parametrize(
    ("prefers", "project", "options", "machine", "wanted"),
    [
        ("", "", {}, MACHINE, "docker"),
        ("", "", {}, NO_DOCKER, "native"),
        ("prefers: native", "", {}, MACHINE, "native"),
        ("prefers: native", "runtime: docker", {}, MACHINE, "docker"),
        ("", "runtime: native", {}, MACHINE, "native"),
        ("", "services: {api: {runtime: native}}", {}, MACHINE, "native"),
        ("", "services: {api: {runtime: native}}", {"runtime": "docker"}, MACHINE, "docker"),
        ("prefers: native", "", {}, replace(MACHINE, missing={"api": "no Java"}), "docker"),
    ],
)
def test_where_a_service_runs(prefers, project, options, machine, wanted):
    api = API + RECIPE + "\n" + prefers + "\n"
    made = stack(f"name: lake\n{project}\n", [api], options=Options(**options), machine=machine)
    assert made.services["api"].runtime == wanted


def test_a_service_without_image_runs_natively():
    api = package("api", "default: true", RECIPE, image=False)
    assert stack("name: lake\n", [api]).services["api"].runtime == "native"
    made = stack("name: lake\n", [api], options=Options(runtime="docker"))
    assert (made.services["api"].runtime, made.services["api"].placed) == (
        "native", "it has no container image",
    )  # fmt: skip
    made = stack("name: lake\nservices: {api: {runtime: docker}}\n", [api, TOOL])
    assert made.skipped["api"] == "it has no container image"


def test_a_broken_package_is_a_warning_until_it_is_asked_for():
    broken = "name: broken\nimagee: x\n"
    made = stack("name: lake\n", [API, broken])
    assert [w.code for w in made.warnings] == ["PHLO-P301"]
    for project, options in (
        ("name: lake\nservices: {broken: {port: 1}}\n", {}),
        ("name: lake\n", {"extra": ("broken",)}),
    ):
        with pytest.raises(Exception, match=r"phlo-broken 1\.0\.0 cannot be used") as caught:
            stack(project, [API, broken], options=Options(**options))
        assert caught.value.exit_code == 4
    off = "name: lake\nservices: {broken: {enabled: false}}\n"
    assert set(stack(off, [API, broken]).services) == {"api"}


def test_services_of_ones_own():
    project = """
    name: lake
    services:
      mail: {type: inline, image: example.org/mail:1, ports: ["8025:8025"], category: mail}
      s3: {type: external, provides: object-store.s3, properties: {endpoint: https://s3.example}}
      api-2: {extends: api, port: 4100}
      off: {type: inline, image: x, enabled: false}
    """
    api = API + "ports: {http: {container: 4000, primary: true}}\n"
    made = stack(project, [api])
    assert {s.name: s.runtime for s in made.services.values()} == {
        "api": "docker", "api-2": "docker", "mail": "docker", "s3": "external",
    }  # fmt: skip
    assert made.services["mail"].ports["8025"].host == 8025
    assert made.services["mail"].reason == "defined at phlo.yaml:4:3"
    assert made.services["api-2"].ports["http"].host == 4100
    assert made.services["api"].ports["http"].host == 4000
    assert made.services["s3"].definition.provides[0].properties == {
        "endpoint": "https://s3.example"
    }


def test_faults_of_services_of_ones_own():
    project = """
    name: lake
    services:
      mail: {type: inline}
      twin: {extends: nothing}
    """
    with pytest.raises(ErrorGroup) as caught:
        stack(project, [API])
    assert [(e.code, e.path) for e in caught.value.diagnostics()] == [
        ("PHLO-C105", "services.mail"), ("PHLO-C120", "services.nothing"),
    ]  # fmt: skip


def test_modes_lie_below_what_a_person_wrote():
    api = API + "modes: {dev: {command: [dev], user: root}, big: {command: [big]}}\n"
    project = "name: lake\nservices: {api: {user: ann}}\n"
    plain = stack(project, [api])
    assert plain.layered.value(("services", "api", "command")) is None
    dev = stack(project + "dev: [api]\n", [api])
    assert dev.layered.value(("services", "api", "command")) == ["dev"]
    assert dev.layered.value(("services", "api", "user")) == "ann"
    big = stack(project, [api], options=Options(profiles=("big",)))
    assert big.layered.value(("services", "api", "command")) == ["big"]


def test_an_image_taken_away_is_told():
    with pytest.raises(Exception, match="was removed by null") as caught:
        stack("name: lake\nservices:\n  api: {image: null}\n", [API])
    assert caught.value.code == "PHLO-C112"
    assert stack("name: lake\nservices: {api: {image: null, build: .}}\n", [API]).services
