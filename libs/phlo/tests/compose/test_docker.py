from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from phlo.compose.render import render
from phlo.compose.waves import waves
from phlo.errors.overrides import RemovedDataVolume
from phlo.errors.runtime import CannotRunHere
from phlo.model.native import HealthKind
from phlo.model.options import Options
from phlo.runtime.docker.values import fingerprint, is_same, values_text
from phlo.testing.composing import MACHINE, stack

POSTGRES = """
name: postgres
default: true
category: database
image: postgres:18-bookworm
ports: {sql: {container: 5432, host: 5432, primary: true, protocol: postgresql}}
settings:
  user: {default: admin, env: POSTGRES_USER}
  password: {type: secret, generate: {length: 32}, env: POSTGRES_PASSWORD}
volumes: {/var/lib/postgresql: {source: data, data: true}}
provides:
  - capability: database.postgres
    port: sql
    provision: true
    properties:
      user: "{consumer.user|settings.user}"
      password: "{consumer.password|settings.password}"
      database: "{params.database|consumer.user|postgres}"
healthcheck: {test: [pg_isready, -p, "{port.sql}"], interval: 2s, timeout: 1m30s, retries: 5}
resources: {memory: 1 GiB, cpus: "1.5"}
native: {processes: {main: {command: [postgres]}}}
"""
TRINO = """
name: trino
default: true
category: query_engine
image: trinodb/trino:476
ports: {http: {container: 8080, host: 8080, primary: true, protocol: http}}
requires:
  - {capability: database.postgres, as: metastore, params: {database: meta}}
  - {capability: phlo.api, as: api, optional: true}
environment: {JDBC: "jdbc:postgresql://{metastore.host}:{metastore.port}/{metastore.database}"}
files:
  - {content: "password=x\\n", dest: /etc/trino/catalog/lake.properties}
volumes: ["./scripts:/scripts:ro", "cache:/data"]
command: [run, "--port={port.http}", "$${HOME}"]
healthcheck: {http: /v1/info, interval: 5s}
ready: {timeout: 3m}
"""
SETUP = """
name: setup
kind: job
image: busybox:1
depends_on: [trino]
command: "echo done"
"""
API = """
name: api
default: true
category: core
ports: {http: {container: 4000, host: 4000, primary: true, protocol: http}}
provides: [{capability: phlo.api, port: http}]
ready: started
native: {processes: {main: {command: [api]}}}
"""
OWN = """
name: my lake
services:
  setup: {enabled: true}
  custom:
    type: inline
    image: python:3.11-slim-bookworm
    ports: ["4001:4000", "5000:5000/udp"]
    depends_on: [trino, setup]
    volumes: ["./x:/x", "../up:/up:ro", "/abs:/abs", "shared:/shared"]
    environment: {V: 1.10, W: 0123, X: yes, Y: 22:22, E: 1e3, DOLLAR: "a$$b", "N": "", T: "~"}
    labels: {team: data}
    logging: {options: {max-size: 1m}}
    compose: {init: true, ulimits: {nofile: 1024}, labels: {team: null, extra: "1"}}
    restart: "no"
"""
PACKAGES = (POSTGRES, TRINO, SETUP, API)
LINUX = replace(MACHINE, gateway="phlo-host")


def composed(project=OWN, packages=PACKAGES, machine=LINUX, name=None):
    made = render(stack(project, packages, machine=machine), name=name)
    assert made.compose is not None
    return yaml.safe_load(made.compose)


def service(override="", name="trino", machine=LINUX):
    project = f"name: lake\nservices: {{{name}: {{{override}}}}}\n" if override else "name: lake\n"
    return composed(project, machine=machine)["services"][name]


def test_a_whole_stack(golden):
    golden("lake.yaml", str(render(stack(OWN, PACKAGES, machine=LINUX), name="lake-ab12").compose))


def test_a_single_service(golden):
    golden("postgres.yaml", str(render(stack("name: lake\n", [POSTGRES])).compose))


@pytest.mark.skipif(not shutil.which("docker"), reason="needs the docker command")
@pytest.mark.parametrize("name", ["lake.yaml", "postgres.yaml"])
def test_docker_compose_takes_it(name, request, tmp_path):
    file = request.path.parent / "golden" / name
    values = tmp_path / ".env"
    secret = "a'b\"c$d\\e f\ng"
    text = file.read_text(encoding="utf-8")
    names = ["POSTGRES_PASSWORD", "POSTGRES_FOR_TRINO"]
    values.write_text(values_text(text, dict.fromkeys(names, secret), salt="x", gateway="1.2.3.4"))
    command = ["docker", "compose", "-f", str(file), "--env-file", str(values), "config"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMPOSE_", "PHLO_"))}
    done = subprocess.run(command, capture_output=True, text=True, env=kept, check=False)
    if "unknown shorthand flag" in done.stderr or "not a docker command" in done.stderr:
        pytest.skip("needs Docker Compose v2")
    assert (done.returncode, done.stderr) == (0, "")
    found = yaml.safe_load(done.stdout)["services"]
    # What Compose prints is meant to be read again, so its own dollar signs are doubled.
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == secret.replace("$", "$$")
    if name == "lake.yaml":
        assert found["custom"]["environment"]["DOLLAR"] == "a$$b"
        assert found["trino"]["extra_hosts"] == ["api=1.2.3.4", "phlo-host=1.2.3.4"]


def test_the_same_input_gives_the_same_bytes():
    first = render(stack(OWN, PACKAGES, machine=LINUX))
    assert first.compose == render(stack(OWN, reversed(PACKAGES), machine=LINUX)).compose


def test_no_secret_is_in_it():
    text = str(render(stack("name: lake\n", PACKAGES, machine=LINUX)).compose)
    assert "${PHLO_SECRET_POSTGRES_PASSWORD}" in text
    given = render(
        stack("name: lake\nservices: {postgres: {settings: {password: hunter22}}}\n", PACKAGES)
    )
    assert "hunter22" not in str(given)


def test_what_does_not_run_is_not_rendered():
    found = composed("name: lake\nservices: {trino: {enabled: false}}\n")
    assert set(found["services"]) == {"postgres"}
    assert render(stack("name: lake\n", [API])).compose is None
    only_native = stack("name: lake\nservices: {postgres: {runtime: native}}\n", [POSTGRES])
    assert render(only_native).compose is None


def test_a_port_is_bound_to_loopback_unless_a_person_says_otherwise():
    assert service()["ports"] == ["127.0.0.1:8080:8080"]
    assert service("ports: {http: {bind: 0.0.0.0}}")["ports"] == ["0.0.0.0:8080:8080"]
    assert service("ports: {http: {bind: '::1'}}")["ports"] == ["[::1]:8080:8080"]
    assert "ports" not in service("ports: []")


def test_volumes_are_named_by_their_service_and_paths_start_where_they_are_written():
    mounts = {m["target"]: m for m in service()["volumes"]}
    assert mounts["/scripts"]["source"] == "/site/phlo_trino/scripts"
    assert (mounts["/data"]["type"], mounts["/data"]["source"]) == ("volume", "trino-cache")
    project = "name: lake\nservices: {second: {extends: postgres}}\n"
    found = composed(project, [POSTGRES])
    assert set(found["volumes"]) == {"postgres-data", "second-data"}


@pytest.mark.parametrize(
    ("override", "wanted"),
    [
        ("healthcheck: null", None),
        ("healthcheck: {disable: true}", {"disable": True}),
        ("healthcheck: {test: 'exit 0'}", "exit 0"),
        ("healthcheck: {test: [CMD-SHELL, x]}", ["CMD-SHELL", "x"]),
        ("healthcheck: {interval: 7s}", "7s"),
    ],
)
def test_health_as_a_person_wants_it(override, wanted):
    check = service(override, "postgres").get("healthcheck")
    if wanted is None or isinstance(wanted, dict):
        assert check == wanted
    else:
        assert wanted in (check["test"], check["interval"])
        assert check["timeout"] == "90s"


def test_who_waits_for_a_check_from_outside_is_not_told_to_wait_for_one_inside():
    found = composed()["services"]
    edges = found["custom"]["depends_on"]
    assert edges["trino"]["condition"] == "service_started"
    assert edges["setup"]["condition"] == "service_completed_successfully"
    assert found["trino"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_compose_keys_go_last():
    one = service(
        "compose: {restart: always, depends_on: {postgres: null}, cap_add: {$append: [X]}}"
    )
    assert (one["restart"], one["depends_on"], one["cap_add"]) == ("always", {}, ["X"])
    assert service("compose: {environment: {$replace: true, A: '1'}}")["environment"] == {"A": "1"}


def test_a_file_with_a_secret_makes_the_container_anew_when_it_changes():
    text = TRINO.replace("password=x", "password=${PHLO_SECRET_POSTGRES_PASSWORD}")
    marked = composed("name: lake\n", [POSTGRES, text])["services"]["trino"]["labels"]["phlo.files"]
    assert marked.endswith(".${PHLO_FINGERPRINT_POSTGRES_PASSWORD}")
    assert service()["labels"]["phlo.files"] != marked.partition(".")[0]


def test_what_the_runtime_is_told():
    made = {c.name: c for c in render(stack(OWN, PACKAGES, machine=LINUX)).containers}
    assert list(made) == ["postgres", "trino", "setup", "custom"]
    trino, postgres = made["trino"], made["postgres"]
    assert (trino.health.kind, trino.health.port, trino.health.path) == (
        HealthKind.HTTP, 8080, "/v1/info",
    )  # fmt: skip
    assert (trino.ready_timeout, trino.files) == (180, ("/etc/trino/catalog/lake.properties",))
    assert (postgres.memory, postgres.ports, postgres.secrets) == (
        "1 GiB", (5432,), ("POSTGRES_PASSWORD",),
    )  # fmt: skip
    assert made["setup"].is_job
    assert str(made["custom"].places["image"]) == "phlo.yaml:7:12"


def test_a_consumer_of_a_local_process_is_given_its_address_on_linux_only():
    hosts = service()["extra_hosts"]
    assert hosts == dict.fromkeys(["phlo-host", "api"], "${PHLO_GATEWAY:-host-gateway}")
    assert service()["environment"]["API_URL"] == "http://phlo-host:4000"
    desktop = service(machine=MACHINE)
    assert "extra_hosts" not in desktop
    assert desktop["environment"]["API_URL"] == "http://host.docker.internal:4000"


def test_a_wave_ends_where_something_crosses():
    assert waves(stack(OWN, PACKAGES, machine=LINUX)) == (
        ("api", "postgres"), ("trino", "setup", "custom"),
    )  # fmt: skip
    chosen = waves(stack("name: lake\n", PACKAGES, machine=LINUX), ["trino"])
    assert chosen == (("api", "postgres"), ("trino",))
    assert waves(stack("name: lake\n", [API])) == (("api",),)


def test_two_roles_of_one_user_have_one_password():
    second = "  - {capability: database.postgres, as: results, params: {database: results}}\n"
    both = TRINO.replace("requires:\n", f"requires:\n{second}")
    told = composed("name: lake\n", [POSTGRES, both])["services"]["trino"]["environment"]
    assert told["PHLO_METASTORE_USER"] == told["PHLO_RESULTS_USER"] == "trino"
    assert told["PHLO_METASTORE_PASSWORD"] == told["PHLO_RESULTS_PASSWORD"]
    assert (told["PHLO_METASTORE_DATABASE"], told["PHLO_RESULTS_DATABASE"]) == ("meta", "results")


def test_each_consumer_has_a_user_and_a_secret_of_its_own():
    second = TRINO.replace("name: trino", "name: super-set").replace(
        "database: meta", "database: d"
    )
    found = composed("name: lake\n", [POSTGRES, TRINO, second])["services"]
    one, other = found["trino"]["environment"], found["super-set"]["environment"]
    assert (one["POSTGRES_USER"], one["POSTGRES_DATABASE"]) == ("trino", "meta")
    assert (other["POSTGRES_USER"], other["POSTGRES_DATABASE"]) == ("super_set", "d")
    assert one["POSTGRES_PASSWORD"] == "${PHLO_SECRET_POSTGRES_FOR_TRINO}"
    assert other["POSTGRES_PASSWORD"] == "${PHLO_SECRET_POSTGRES_FOR_SUPER_SET}"
    own = found["postgres"]["environment"]
    assert (own["POSTGRES_USER"], own["POSTGRES_PASSWORD"]) == (
        "admin", "${PHLO_SECRET_POSTGRES_PASSWORD}",
    )  # fmt: skip
    whole = stack("name: lake\n", [POSTGRES, TRINO])
    marks = {need.name: need.is_kept for need in whole.secrets}
    assert marks == {"POSTGRES_PASSWORD": True, "POSTGRES_FOR_TRINO": False}


def test_a_role_that_takes_many_gets_all_of_them():
    target = "name: {n}\ndefault: true\nimage: x:1\nready: started\n" \
        "ports: {{m: {{container: {p}, primary: true, protocol: http}}}}\n" \
        "provides: [{{capability: metrics.scrape, port: m}}]\n"  # fmt: skip
    scraper = (
        "name: prometheus\ndefault: true\nimage: p:1\nready: started\n"
        "requires: [{capability: metrics.scrape, as: targets, many: true}]\n"
        'environment: {TARGETS: "{targets.url}"}\n'
    )
    packages = [scraper, target.format(n="one", p=9001), target.format(n="two", p=9002)]
    own = "name: lake\nservices: {two: {runtime: docker}}\n"
    variables = composed(own, packages)["services"]["prometheus"]["environment"]
    assert variables["TARGETS"] == "http://one:9001,http://two:9002"
    assert (variables["ONE_PORT"], variables["TWO_PORT"]) == ("9001", "9002")
    none = composed("name: lake\n", [scraper])["services"]["prometheus"]["environment"]
    assert "TARGETS" not in none


def test_a_fingerprint_tells_secrets_apart_and_gives_none_away():
    mark = fingerprint("correct horse", "salt")
    assert is_same("correct horse", mark)
    assert not is_same("correct horsf", mark)
    assert "horse" not in mark
    assert fingerprint("correct horse", "other") != mark


def test_values_keep_the_mark_that_a_volume_bears():
    text = "${PHLO_FINGERPRINT_A} ${PHLO_SECRET_A} ${PHLO_SECRET_GONE} ${PHLO_GATEWAY:-x}"
    made = values_text(text, {"A": "s", "B": "unused"}, salt="x", kept={"A": "old-mark"})
    assert made.splitlines()[1:] == ["PHLO_FINGERPRINT_A=old-mark", "PHLO_SECRET_A=s"]


@pytest.mark.parametrize("volumes", ["{/var/lib/postgresql: null}", "{$replace: true}"])
def test_a_data_volume_is_not_taken_away_unawares(volumes):
    project = f"name: lake\nservices:\n  postgres:\n    volumes: {volumes}\n"
    with pytest.raises(RemovedDataVolume) as caught:
        stack(project, [POSTGRES])
    assert caught.value.exit_code == 3
    made = stack(project, [POSTGRES], options=Options(allow_data_loss=True))
    assert "volumes:" not in str(render(made).compose)
    assert stack("name: lake\nservices: {postgres: {volumes: ['./x:/var/lib/postgresql']}}\n",
                 [POSTGRES]).warnings  # fmt: skip


def test_an_engine_that_is_missing_is_told_with_what_brings_it_up():
    machine = replace(
        LINUX, docker=False, tried=("docker context 'default' (x): refused",), engine_fix="start it"
    )
    project = "name: lake\nservices: {own: {type: inline, image: 'x:1'}}\n"
    with pytest.raises(CannotRunHere) as caught:
        stack(project, [API], machine=machine)
    assert caught.value.message == "cannot reach a container engine, which 'own' needs"
    assert caught.value.related[0].message == "tried: docker context 'default' (x): refused"
    assert caught.value.fix.text.startswith("start it        then: phlo services start\n")
    assert "what can run here: api" in caught.value.fix.text


def test_a_job_that_nobody_waits_for_is_adopted():
    alone = composed("name: lake\nservices: {setup: {enabled: true}}\n")["services"]
    assert alone["phlo-ready"]["depends_on"] == {
        "setup": {"condition": "service_completed_successfully", "required": True}
    }
    assert alone["phlo-ready"]["image"] == "busybox:1"
    assert "phlo-ready" not in composed()["services"]
    made = render(stack("name: lake\nservices: {setup: {enabled: true}}\n", PACKAGES))
    assert "phlo-ready" not in {one.name for one in made.containers}
