from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.errors import ErrorGroup
from phlo.errors.wiring import (
    AmbiguousProvider,
    BadBinding,
    DependencyCycle,
    NoProvider,
    NotPublished,
    ProviderDisabled,
    SamePrefix,
    UnknownDependency,
    UnknownPlaceholder,
    UnknownRole,
)
from phlo.model.options import OWN_DATA, Options
from phlo.model.service import Offer
from phlo.testing.composing import MACHINE, stack

NESSIE = """
name: nessie
default: true
category: catalog
image: example.org/nessie:{settings.version}
ports: {api: {container: 19120, host: 19120, primary: true, protocol: http}}
healthcheck: {test: [true]}
native: {processes: {main: {command: [nessie]}}}
settings:
  version: {type: string, default: 0.99.0, env: NESSIE_VERSION}
  password: {type: secret, generate: {length: 32}}
provides:
  - capability: iceberg.catalog/rest
    port: api
    priority: 50
    properties:
      url: "http://{host}:{port}/iceberg"
      warehouse: "{params.bucket|lake}"
      password: "{settings.password}"
    exports: {NESSIE_BRANCH: main}
"""
TRINO = """
name: trino
default: true
category: query_engine
image: example.org/trino:1
healthcheck: {test: [true]}
native: {processes: {main: {command: [trino]}}}
requires: [{capability: "iceberg.catalog/*", as: catalog, params: {bucket: sales}}]
"""


def environment(made, service="trino"):
    found = {name: leaf.value for name, leaf in made.services[service].environment.items()}
    return {k: v for k, v in found.items() if k not in ("PHLO_PROJECT", "PHLO_ENV", "PHLO_SERVICE")}


def runtimes(consumer, provider, project="name: lake\n"):
    text = f"services: {{trino: {{runtime: {consumer}}}, nessie: {{runtime: {provider}}}}}\n"
    return stack(project + text, [NESSIE, TRINO])


@pytest.mark.parametrize(
    ("consumer", "provider", "host", "port"),
    [
        ("docker", "docker", "nessie", 19120),
        ("native", "docker", "127.0.0.1", 19121),
        ("native", "native", "127.0.0.1", 19121),
        ("docker", "native", "host.docker.internal", 19121),
    ],
)
def test_addresses_are_those_of_the_consumers_side(consumer, provider, host, port):
    project = f"""
name: lake
services: {{trino: {{runtime: {consumer}}}, nessie: {{runtime: {provider}, port: 19121}}}}
"""
    found = environment(stack(project, [NESSIE, TRINO]))
    assert found["NESSIE_URL"] == f"http://{host}:{port}/iceberg"
    assert (found["NESSIE_HOST"], found["NESSIE_PORT"]) == (host, str(port))


def test_the_variables_of_a_consumer():
    assert environment(stack("name: lake\n", [NESSIE, TRINO])) == {
        "NESSIE_HOST": "nessie",
        "NESSIE_PORT": "19120",
        "NESSIE_SCHEME": "http",
        "NESSIE_URL": "http://nessie:19120/iceberg",
        "NESSIE_WAREHOUSE": "sales",
        "NESSIE_PASSWORD": "${PHLO_SECRET_NESSIE_PASSWORD}",
        "NESSIE_BRANCH": "main",
        "PHLO_CATALOG_HOST": "nessie",
        "PHLO_CATALOG_PORT": "19120",
        "PHLO_CATALOG_SCHEME": "http",
        "PHLO_CATALOG_URL": "http://nessie:19120/iceberg",
        "PHLO_CATALOG_WAREHOUSE": "sales",
        "PHLO_CATALOG_PASSWORD": "${PHLO_SECRET_NESSIE_PASSWORD}",
    }


def test_the_provider_gets_nothing_of_its_own():
    assert environment(stack("name: lake\n", [NESSIE, TRINO]), "nessie") == {
        "NESSIE_VERSION": "0.99.0"
    }


def test_every_service_is_told_of_its_project():
    made = stack("name: My Lake\n", [NESSIE], options=Options(env="prod"))
    found = {name: leaf.value for name, leaf in made.services["nessie"].environment.items()}
    assert found["PHLO_PROJECT"] == "my-lake"
    assert (found["PHLO_ENV"], found["PHLO_SERVICE"]) == ("prod", "nessie")
    assert "PHLO_PROJECT_DIR" not in found
    core = NESSIE.replace("category: catalog", "category: core")
    made = stack("name: lake\n", [core])
    assert made.services["nessie"].environment["PHLO_PROJECT_DIR"].value == "/home/ann/lake"


def test_a_persons_variable_beats_a_wired_one_and_a_null_removes_it():
    project = "name: lake\nservices: {trino: {environment: {NESSIE_URL: x, NESSIE_HOST: null}}}\n"
    made = stack(project, [NESSIE, TRINO])
    found = environment(made)
    assert found["NESSIE_URL"] == "x"
    assert "NESSIE_HOST" not in found
    shadowed = made.services["trino"].environment["NESSIE_URL"].shadowed
    assert [str(leaf.origin) for leaf in shadowed] == ["wiring: trino.catalog -> nessie"]


def test_a_packages_mapping_beats_the_standard_name():
    mapped = TRINO + 'environment: {NESSIE_URL: "{catalog.url}/x", MINE: "{catalog.warehouse}"}\n'
    found = environment(stack("name: lake\n", [NESSIE, mapped]))
    assert found["NESSIE_URL"] == "http://nessie:19120/iceberg/x"
    assert found["MINE"] == "sales"


def test_addresses_are_percent_encoded():
    params = TRINO.replace("bucket: sales", "bucket: 'a b/c'")
    nessie = NESSIE.replace("{port}/iceberg", "{port}/{params.bucket}")
    found = environment(stack("name: lake\n", [nessie, params]))
    assert found["NESSIE_URL"] == "http://nessie:19120/a%20b/c"
    assert found["NESSIE_WAREHOUSE"] == "a b/c"


def test_an_optional_role_that_nothing_plays():
    optional = TRINO.replace("as: catalog,", "as: catalog, optional: true,")
    optional += 'environment: {MY_URL: "{catalog.url}", A: "{b}", J: "{\\"a\\": 1}", K: "{{a.b}"}\n'
    made = stack("name: lake\n", [optional])
    assert environment(made) == {"A": "{b}", "J": '{"a": 1}', "K": "{a.b}"}
    assert made.bindings == ()


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("{catalogue.url}", "no role of this service", "did you mean 'catalog.url'"),
        ("{catalog.ulr}", "property that 'catalog' does not have", "did you mean 'catalog.url'"),
    ],
)
def test_a_placeholder_that_names_nothing(text, problem, fix):
    project = f"name: lake\nservices:\n  trino:\n    environment: {{U: '{text}'}}\n"
    with pytest.raises(UnknownPlaceholder, match=problem) as caught:
        stack(project, [NESSIE, TRINO])
    assert str(caught.value.where) == "phlo.yaml:4:22"
    assert fix in caught.value.fix.text


def test_many_providers_come_as_a_list():
    scrape = "provides: [{capability: metrics.scrape, port: api}]\n"
    one = "name: one\ndefault: true\nimage: x:1\nready: started\n"
    one += "ports: {api: {container: 80, protocol: http}}\n"
    two = one.replace("one", "two")
    prometheus = (
        "name: prom\ndefault: true\nimage: x:1\nready: started\nenvironment: {ALL: '{from.url}'}\n"
    )
    prometheus += "requires: [{capability: metrics.scrape, as: from, many: true, optional: true}]\n"
    found = environment(stack("name: lake\n", [one + scrape, two + scrape, prometheus]), "prom")
    assert found["ALL"] == "http://one:80,http://two:80"
    assert found["ONE_URL"] == "http://one:80"


# Which provider


def catalog(name, priority=50):
    return NESSIE.replace("name: nessie", f"name: {name}").replace(
        "priority: 50", f"priority: {priority}"
    ).replace("category: catalog", "category: other")  # fmt: skip


def provider(made, consumer="trino"):
    return [(b.provider, b.reason) for b in made.services[consumer].bindings]


def test_the_highest_priority_is_bound():
    made = stack("name: lake\n", [catalog("a", 10), catalog("b", 20), TRINO])
    assert provider(made) == [("b", "the highest priority")]


def test_a_service_of_ones_own_goes_before_a_package():
    own = """
    name: lake
    services:
      mine: {type: external, provides: [{capability: iceberg.catalog/rest, priority: 50}]}
    """
    assert provider(stack(own, [catalog("a"), TRINO]))[0][0] == "mine"


@pytest.mark.parametrize(
    "bind",
    ["services: {trino: {bind: {catalog: a}}}", "bind: {iceberg.catalog: a}",
     "bind: {'iceberg.catalog/*': a}"],
)  # fmt: skip
def test_what_is_bound_explicitly(bind):
    made = stack(f"name: lake\n{bind}\n", [catalog("a", 10), catalog("b", 20), TRINO])
    assert provider(made)[0][0] == "a"


def test_an_optional_role_can_be_bound_to_nothing():
    optional = TRINO.replace("as: catalog,", "as: catalog, optional: true,")
    none = "name: lake\nservices: {trino: {bind: {catalog: none}}}\n"
    assert stack(none, [NESSIE, optional]).bindings == ()
    with pytest.raises(BadBinding, match="there is no such service"):
        stack(none, [NESSIE, TRINO])


def test_data_from_before_there_was_a_provider_stays_where_it_is():
    optional = TRINO.replace("as: catalog,", "as: catalog, optional: true,")
    before = replace(MACHINE, bindings={"trino.catalog": OWN_DATA})
    made = stack("name: lake\n", [NESSIE, optional], machine=before)
    assert made.bindings == ()
    [note] = [note for note in made.notes if "today it would be 'nessie'" in note]
    line = note.partition("to change it: ")[2].removesuffix(")")
    moved = stack(f"name: lake\n{line}\n", [NESSIE, optional], machine=before)
    assert provider(moved)[0][0] == "nessie"


def test_an_ambiguous_provider_and_its_fix():
    packages = [catalog("a"), catalog("b"), TRINO]
    with pytest.raises(AmbiguousProvider) as caught:
        stack("name: lake\n", packages)
    assert "a, b" in caught.value.message
    assert str(caught.value.where).startswith("phlo-trino 1.0.0 service.yaml:7:25")
    line = caught.value.fix.text.splitlines()[0].partition("phlo.yaml: ")[2]
    assert provider(stack(f"name: lake\n{line}\n", packages))[0][0] == "a"


def test_no_provider_and_its_fix():
    offer = Offer("nessie", "phlo-nessie", "1.0", ("iceberg.catalog/rest",))
    other = Offer("minio", "phlo-minio", "1.0", ("object-store.s3",))
    with pytest.raises(NoProvider) as caught:
        stack("name: lake\n", [TRINO], offers=(other, offer))
    assert caught.value.fix.command == "phlo add nessie"
    with pytest.raises(NoProvider) as unknown:
        stack("name: lake\n", [TRINO])
    assert unknown.value.fix.command is None
    line = caught.value.fix.text.partition("elsewhere: ")[2].replace("url: ...", "url: http://x")
    assert environment(stack(f"name: lake\n{line}\n", [TRINO]))["PHLO_CATALOG_URL"] == "http://x"


def test_a_disabled_provider_and_its_fixes():
    off = "name: lake\nservices:\n  nessie:\n    enabled: false\n"
    with pytest.raises(ProviderDisabled) as caught:
        stack(off, [NESSIE, TRINO])
    error = caught.value
    assert error.exit_code == 5
    assert str(error.where) == "phlo.yaml:4:14"
    assert error.related[0].message == "required by: trino (role catalog)"
    assert str(error.related[0].where).startswith("phlo-trino 1.0.0 service.yaml:7:25")
    assert stack(off.replace("false", "true"), [NESSIE, TRINO])
    assert stack(off + "  trino: {enabled: false}\n", [NESSIE, TRINO])
    with pytest.raises(ProviderDisabled, match="nessie") as caught:
        stack("name: lake\n", [NESSIE, TRINO], options=Options(without=("nessie",)))
    assert "take '--without nessie' out" in caught.value.fix.text


def test_a_provider_that_cannot_run_is_named():
    nessie = NESSIE.replace("native: {processes: {main: {command: [nessie]}}}\n", "")
    with pytest.raises(NoProvider) as caught:
        stack("name: lake\n", [nessie, TRINO], machine=replace(MACHINE, docker=False))
    assert "'nessie' would, but it comes as a container image" in str(caught.value.why)


@pytest.mark.parametrize(
    ("bind", "problem"),
    [
        ("nesie", "there is no such service"),
        ("trino", "it does not provide"),
        ("b", "it is disabled at phlo.yaml:2"),
    ],
)
def test_a_binding_to_nothing(bind, problem):
    project = (
        f"name: lake\nservices: {{b: {{enabled: false}}, trino: {{bind: {{catalog: {bind}}}}}}}\n"
    )
    with pytest.raises(BadBinding, match=problem) as caught:
        stack(project, [NESSIE, catalog("b"), TRINO])
    assert "nessie" in caught.value.fix.text


def test_an_explicit_binding_takes_the_service_in():
    spare = catalog("spare").replace("default: true\n", "")
    made = stack("name: lake\nbind: {iceberg.catalog: spare}\n", [NESSIE, spare, TRINO])
    assert provider(made)[0][0] == "spare"
    assert made.services["spare"].reason.startswith("bound to 'trino' at phlo.yaml:2")


def test_roles_that_nothing_has():
    project = "name: lake\nbind: {iceberg.catalogue: nessie}\n"
    project += "services: {trino: {bind: {catlog: nessie}}}\n"
    with pytest.raises(ErrorGroup) as caught:
        stack(project, [NESSIE, TRINO])
    errors = caught.value.diagnostics()
    assert all(isinstance(e, UnknownRole) for e in errors)
    assert ["did you mean 'catalog'" in errors[0].fix.text, "iceberg.catalog" in errors[1].fix.text]


def test_data_stays_where_it_was_put():
    packages = [catalog("a", 10), catalog("b", 20), TRINO]
    machine = replace(MACHINE, bindings={"trino.catalog": "a"})
    made = stack("name: lake\n", packages, machine=machine)
    assert provider(made)[0][0] == "a"
    assert "'trino' stays with 'a', which has its data; today it would be 'b'" in made.notes
    gone = replace(MACHINE, bindings={"trino.catalog": "x"})
    assert provider(stack("name: lake\n", packages, machine=gone))[0][0] == "b"


def test_two_names_with_one_prefix():
    many = TRINO.replace("as: catalog,", "as: catalog, many: true,")
    with pytest.raises(SamePrefix, match="MY_A_"):
        stack("name: lake\n", [catalog("my-a"), catalog("my_a"), many])


def test_a_local_process_cannot_reach_an_unpublished_port():
    project = """
name: lake
services:
  trino: {runtime: native}
  nessie: {runtime: docker, ports: []}
"""
    with pytest.raises(NotPublished) as caught:
        stack(project, [NESSIE, TRINO])
    assert "ports: {api: PORT}" in caught.value.fix.text
    fixed = project.replace("ports: []", "ports: {api: 19120}")
    assert stack(fixed, [NESSIE, TRINO])


# Order


def test_providers_start_first():
    made = stack("name: lake\n", [TRINO, NESSIE])
    assert list(made.services) == ["nessie", "trino"]
    edge = made.services["trino"].edges[0]
    assert (edge.needs, edge.condition, edge.why) == ("nessie", "healthy", "role catalog")


A = "name: a\ndefault: true\nimage: x:1\nready: started\n"
B = A.replace("name: a", "name: b")


def test_a_ring_is_told_edge_by_edge():
    project = "name: lake\nservices:\n  a: {depends_on: [b]}\n  b: {depends_on: [a]}\n"
    with pytest.raises(DependencyCycle) as caught:
        stack(project, [A, B])
    assert caught.value.message == "services wait for each other: a -> b -> a"
    assert [(r.message, str(r.where)) for r in caught.value.related] == [
        ("a -> b (depends_on)", "phlo.yaml:3:20"), ("b -> a (depends_on)", "phlo.yaml:4:20"),
    ]  # fmt: skip
    assert "depends_on: {b: null}" in caught.value.fix.text
    fixed = project.replace("a: {depends_on: [b]}", "a: {depends_on: {b: null}}")
    assert list(stack(fixed, [A, B]).services) == ["a", "b"]


def test_an_optional_edge_gives_way_in_a_ring():
    project = (
        "name: lake\nservices:\n  a: {depends_on: {b: {required: false}}}\n  b: {depends_on: [a]}\n"
    )
    assert list(stack(project, [A, B]).services) == ["a", "b"]


def test_a_dependency_is_taken_in():
    spare = B.replace("default: true\n", "")
    made = stack("name: lake\nservices: {a: {depends_on: [b]}}\n", [A, spare])
    assert list(made.services) == ["b", "a"]
    optional = "name: lake\nservices: {a: {depends_on: {b: {required: false}}}}\n"
    assert list(stack(optional, [A, spare]).services) == ["a"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [("", "is no service of this project"), ("b: {enabled: false}", "is disabled")],
)
def test_a_dependency_that_is_not_there(more, problem):
    name = "b" if more else "bb"
    project = f"name: lake\nservices:\n  a: {{depends_on: [{name}]}}\n  {more}\n"
    with pytest.raises(UnknownDependency, match=problem):
        stack(project, [A, B])


def test_conditions_are_inferred_and_written_ones_stay():
    job = B.replace("image", "kind: job\nimage")
    made = stack("name: lake\nservices: {a: {depends_on: [b]}}\n", [A, job])
    assert made.services["a"].edges[0].condition == "completed"
    written = "name: lake\nservices: {a: {depends_on: {b: {condition: service_started}}}}\n"
    assert stack(written, [A, job]).services["a"].edges[0].condition == "started"


def test_a_placeholder_of_a_provider_that_names_nothing():
    with pytest.raises(UnknownPlaceholder, match=r"settings\.pasword") as caught:
        stack("name: lake\n", [NESSIE.replace("{settings.password}", "{settings.pasword}"), TRINO])
    assert str(caught.value.where).startswith("phlo-nessie 1.0.0 service.yaml:")
    hint = "'settings.password' or 'settings.version'? '{{' writes a plain brace"
    assert caught.value.fix.text == f"did you mean {hint}"


def test_a_default_of_a_placeholder():
    nessie = NESSIE.replace("params.bucket|lake", "params.nothing|lake")
    assert environment(stack("name: lake\n", [nessie, TRINO]))["NESSIE_WAREHOUSE"] == "lake"
