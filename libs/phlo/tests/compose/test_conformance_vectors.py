"""The twenty ways in which an override meets a package, as the reference promises them."""

from __future__ import annotations

import textwrap

import pytest

from phlo.errors.config import UnknownService
from phlo.model.layers import plain
from phlo.testing.composing import stack

APP = "name: app\ndefault: true\nimage: example.org/app:1\nhealthcheck: {test: [true]}\n"
TWO_PORTS = """
ports:
  api: {container: 9000, host: 9000, primary: true}
  console: {container: 9001, host: 9001}
links: {ui: {port: console}}
"""
DB = "name: db\ndefault: true\nimage: example.org/db:1\nhealthcheck: {test: [true]}\n"
CACHE = "name: cache\ndefault: true\nimage: example.org/cache:1\nready: started\n"


def app(said: str, *overrides: str, field: str):
    """Return what becomes of a field of the service `app`, as plain values."""
    packages = [APP + textwrap.dedent(said), DB, CACHE]
    texts = [f"name: lake\nservices:\n  app: {override}\n" for override in overrides]
    made = stack(texts or "name: lake", packages)
    return plain(made.layered.at(("services", "app", field)) or {}), made


def published(made) -> dict[str, int | None]:
    return {p.name: p.host for p in made.services["app"].ports.values()}


@pytest.mark.parametrize(
    ("number", "said", "overrides", "field", "wanted"),
    [
        (6, "environment: {A: 1, B: 2}", ["{environment: ['A=9', 'C=3']}"], "environment",
         {"A": "9", "B": "2", "C": "3"}),
        (7, "environment: {A: 1, B: 2}", ["{environment: {A: null}}"], "environment", {"B": "2"}),
        (9, "environment: {A: 1, B: 2}", ["{environment: {$replace: true, Z: 1}}"], "environment",
         {"Z": "1"}),
        (10, "volumes: ['data:/data']", ["{volumes: ['./x:/x:ro']}"], "volumes",
         {"/data": {"source": "data"}, "/x": {"source": "./x", "read_only": True}}),
        (11, "volumes: ['data:/data']", ["{volumes: ['./mine:/data']}"], "volumes",
         {"/data": {"source": "./mine"}}),
        (14, "", ["{healthcheck: {interval: 5s}}"], "healthcheck",
         {"test": ["true"], "interval": "5s"}),
        (15, "command: [a]", ["{command: null}"], "command", {}),
        (16, "", ["{enabled: false}", "{enabled: true}"], "enabled", True),
        (17, "", ["{environment: {V: 1.10, W: 0123, X: yes, Y: 22:22}}"], "environment",
         {"V": "1.10", "W": "0123", "X": "yes", "Y": "22:22"}),
        (20, "environment: ['A=1', 'B=2']", ["{environment: {A: 9}}"], "environment",
         {"A": "9", "B": "2"}),
    ],
)  # fmt: skip
def test_field_of_an_override(number, said, overrides, field, wanted):
    found, _ = app(said, *overrides, field=field)
    if field == "environment":
        found = {k: v for k, v in found.items() if not k.startswith("PHLO_")}
    assert (found or {}) == wanted, number


@pytest.mark.parametrize(
    ("number", "said", "override", "wanted"),
    [
        (1, 'ports: ["8080:80"]', '{ports: ["9090:80"]}', {"80": 9090}),
        (2, TWO_PORTS, "{ports: {console: 9101}}", {"api": 9000, "console": 9101}),
        (3, TWO_PORTS, '{ports: ["9100:9000"]}', {"api": 9100, "console": None}),
        (4, TWO_PORTS, "{ports: []}", {"api": None, "console": None}),
        (5, TWO_PORTS, "{port: 9100}", {"api": 9100, "console": 9001}),
    ],
)
def test_ports_of_an_override(number, said, override, wanted):
    _, made = app(said, override, field="ports")
    assert published(made) == wanted, number


def test_a_list_that_drops_a_linked_port_is_warned_of():
    _, made = app(TWO_PORTS, '{ports: ["9100:9000"]}', field="ports")
    assert [w.code for w in made.warnings] == ["PHLO-C140"]
    assert "console:9001" in made.warnings[0].message
    assert "ui" in made.warnings[0].message


def test_a_name_that_was_removed_may_come_back():
    _, made = app("environment: {A: 1, B: 2}", "{environment: {A: null}}", "{environment: {A: 5}}",
                  field="environment")  # fmt: skip
    leaf = made.layered.leaf(("services", "app", "environment", "A"))
    assert leaf is not None
    assert leaf.value == "5"
    assert [(below.value, str(below.origin).split(":")[0]) for below in leaf.shadowed] == [
        (None, "phlo.yaml"), ("1", "phlo-app 1.0.0 service.yaml"),
    ]  # fmt: skip


def test_what_is_replaced_does_not_take_the_wiring_along():
    said = "environment: {A: 1}\nrequires: [{capability: database.postgres, as: store}]"
    db = DB + "provides: [{capability: database.postgres, properties: {user: ann}}]"
    override = "{environment: {$replace: true, Z: 1}}"
    packages = [f"{APP}{said}\n", db]
    made = stack(f"name: lake\nservices: {{app: {override}}}\n", packages)
    environment = {k: leaf.value for k, leaf in made.services["app"].environment.items()}
    assert environment["Z"] == "1"
    assert environment["DB_USER"] == "ann"
    assert "A" not in environment

    unwired = override.replace("{env", "{wire: false, env", 1)
    made = stack(f"name: lake\nservices: {{app: {unwired}}}\n", packages)
    assert "DB_USER" not in made.services["app"].environment


def test_a_mount_that_replaces_a_data_volume_is_warned_of():
    _, made = app("volumes: ['data:/data']", "{volumes: ['./mine:/data']}", field="volumes")
    assert [w.code for w in made.warnings] == ["PHLO-C141"]


DEPENDS = "depends_on: {db: {condition: healthy}}"


def test_a_list_of_dependencies_keeps_the_condition():
    _, made = app(DEPENDS, "{depends_on: [db, cache]}", field="depends_on")
    edges = {edge.needs: edge.condition for edge in made.services["app"].edges}
    assert edges == {"db": "healthy", "cache": "started"}


def test_a_removed_dependency_leaves_the_wired_one():
    _, made = app(DEPENDS, "{depends_on: {db: null}}", field="depends_on")
    assert made.services["app"].edges == ()

    packages = [
        f"{APP}{DEPENDS}\nrequires: [{{capability: database.postgres, as: store}}]\n",
        DB + "provides: [{capability: database.postgres}]",
    ]
    made = stack("name: lake\nservices: {app: {depends_on: {db: null}}}\n", packages)
    assert [edge.why for edge in made.services["app"].edges] == ["role store"]


def test_a_service_that_is_not_installed_may_be_switched_off():
    made = stack("name: lake\nservices: {superset: {enabled: false}}\n", [APP])
    assert "superset" not in made.services
    assert any("superset" in note for note in made.notes)


def test_a_service_that_is_not_installed_cannot_be_configured():
    with pytest.raises(UnknownService) as caught:
        stack("name: lake\nservices: {superset: {port: 1}}\n", [APP])
    assert caught.value.code == "PHLO-C120"
    assert "phlo plugin search superset" in caught.value.fix.text
