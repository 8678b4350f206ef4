"""The error scenarios of the reference: the text, and that the fix it gives removes the error."""

from __future__ import annotations

import pytest

from phlo.errors import ErrorGroup, PhloError
from phlo.model.service import Offer
from phlo.testing.composing import stack

TRINO = """
name: trino
default: true
image: example.org/trino:1
healthcheck: {test: [true]}
ports: {http: {container: 8080, host: 8080, primary: true, protocol: http}}
requires: [{capability: "iceberg.catalog/*", as: catalog}]
"""
NESSIE = """
name: nessie
default: true
image: example.org/nessie:1
healthcheck: {test: [true]}
ports: {api: {container: 19120, host: 19120, primary: true, protocol: http}}
provides: [{capability: iceberg.catalog/rest, port: api, priority: 50}]
"""
SUPERSET = """
name: superset
default: true
image: example.org/superset:1
ready: started
requires: [{capability: query.sql, as: engine}]
"""
ENGINE = "default: true\nkind: embedded\nprovides: [{capability: query.sql, priority: 10}]\n"
PACKAGES = [TRINO, NESSIE]


OFFERS = (Offer("metabase", "phlo-metabase", "0.4.1", ("bi/metabase",)),
          Offer("polaris", "phlo-polaris", "2.0", ("iceberg.catalog/rest",)))  # fmt: skip


def error_of(project, packages=PACKAGES, offers=()):
    with pytest.raises(PhloError) as caught:
        stack(project, packages, offers=offers)
    return caught.value


def test_a_typo_in_a_key():
    project = "name: lake\nservices:\n  trino:\n    image: x:1\n    environmnt:\n      A: 1\n"
    error = error_of(project)
    assert (error.code, error.exit_code) == ("PHLO-C104", 3)
    assert error.message == "unknown key 'environmnt' in service 'trino'"
    assert error.path == "services.trino.environmnt"
    assert str(error.where) == "phlo.yaml:5:5"
    assert (error.where.end_column, error.where.source) == (15, "    environmnt:")
    assert error.why == (
        "unknown keys are rejected so that a typo cannot silently disable a setting"
    )
    assert error.fix.text == "rename it to 'environment'"
    assert stack(project.replace("environmnt", "environment"), PACKAGES)


def test_a_quoted_switch():
    project = 'name: lake\nservices:\n  trino:\n    enabled: "false"\n'
    error = error_of(project)
    assert (error.code, str(error.where)) == ("PHLO-C106", "phlo.yaml:4:14")
    assert error.message == "'enabled' must be true or false, got the string \"false\""
    fixed = project.replace('enabled: "false"', error.fix.text.partition(": ")[2])
    assert "trino" not in stack(fixed, PACKAGES).services


def test_a_service_that_is_not_installed():
    project = "name: lake\nservices:\n  metabase: {port: 3030}\n"
    error = error_of(project, offers=OFFERS)
    assert (error.code, error.path) == ("PHLO-C120", "services.metabase")
    assert str(error.where) == "phlo.yaml:3:3"
    assert str(error_of("name: lake\nservices:\n  metabase:\n").where) == "phlo.yaml:3:3"
    assert error.message == "no installed package provides a service named 'metabase'"
    assert str(error.why) == "only these are installed: nessie, trino"
    assert error.fix.command == "phlo add metabase"
    assert error.fix.text.startswith("phlo add metabase          (installs phlo-metabase 0.4.1)\n")
    unknown = error_of(project)
    assert unknown.fix.command is None, "what no index has is not guessed at"
    assert "phlo plugin search metabase" in unknown.fix.text
    metabase = SUPERSET.replace("superset", "metabase") + "ports: {http: {container: 3000}}\n"
    assert stack(project, [*PACKAGES, metabase, f"name: e\n{ENGINE}"])
    own = project.replace("{port", "{type: inline, image: x:1, ports: ['3000'], port")
    assert stack(own.replace(", port: 3030", ""), PACKAGES)


def test_a_misspelt_service():
    error = error_of("name: lake\nservices: {trnio: {port: 1}}\n")
    assert error.fix.text == "rename it to 'trino'"


def test_a_disabled_service_that_is_required():
    project = "name: lake\nservices:\n  nessie:\n    enabled: false\n"
    error = error_of(project)
    assert (error.code, error.exit_code, str(error.where)) == ("PHLO-W201", 5, "phlo.yaml:4:14")
    assert error.message == (
        "'trino' needs iceberg.catalog/*, but its only provider 'nessie' is disabled"
    )
    assert stack(project.replace("false", "true"), PACKAGES)
    assert "phlo add" not in error.fix.text
    assert "or install another one: phlo add polaris" in error_of(project, offers=OFFERS).fix.text
    external = """
      mine: {type: external, provides: iceberg.catalog/rest, properties: {url: "http://x"}}
    """
    made = stack(project + external.replace("      mine", "  mine", 1), PACKAGES)
    assert made.bindings[0].provider == "mine"


def test_an_ambiguous_provider():
    packages = [SUPERSET, f"name: trino\n{ENGINE}", f"name: duckdb\n{ENGINE}"]
    error = error_of("name: lake\n", packages)
    assert error.code == "PHLO-W203"
    assert error.message == "2 services can be query.sql for 'superset': duckdb, trino"
    assert str(error.where).startswith("phlo-superset 1.0.0 service.yaml:5:")
    for line in ("services: {superset: {bind: {engine: duckdb}}}", "bind: {query.sql: duckdb}"):
        assert line in error.fix.text
        assert stack(f"name: lake\n{line}\n", packages)


def test_a_broken_package_that_is_asked_for():
    project = "name: lake\nservices:\n  broken: {enabled: true}\n"
    error = error_of(project, [*PACKAGES, "name: broken\nimagee: x\n"])
    assert (error.code, error.exit_code) == ("PHLO-P301", 4)
    assert str(error.where) == "phlo-broken 1.0.0 service.yaml:2:1"
    assert error.fix.command == "phlo remove phlo-broken"
    assert stack("name: lake\n", PACKAGES)


def test_all_faults_are_told_at_once_and_the_lowest_family_is_the_exit_code():
    project = """
    name: lake
    services:
      nessie: {enabled: false}
      trino: {settings: {x: 1}, image: "${UNSET}"}
    bind: {nothing: trino}
    """
    error = error_of(project)
    assert isinstance(error, ErrorGroup)
    assert {e.code for e in error.diagnostics()} == {"PHLO-W206", "PHLO-W201", "PHLO-C110"}
    assert error.exit_code == 3
    assert all(e.as_json()["file"] for e in error.diagnostics())
