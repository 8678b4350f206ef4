"""What a package's service.yaml may say; every fault of it is told in one error."""

from __future__ import annotations

import pytest

from phlo.errors.package import InvalidService
from phlo.model.service import Link, Port, Provided, Required, ServiceKind, Setting
from phlo.testing.composing import definition

FULL = """
schema: 1
name: nessie
kind: service
category: catalog
description: Catalog with branches
default: true
priority: 50
prefers: native
image: example.org/nessie:0.99.0
ports:
  api: {container: 19120, host: 19121, primary: true, protocol: http}
  admin: {container: 9000}
settings:
  version: {type: string, default: 1.10, env: NESSIE_VERSION, description: Which one}
  mode: {default: a, choices: [a, b]}
  password: {type: secret, generate: {length: 32}}
  map: {type: map, default: {x: 1}}
provides:
  - {capability: iceberg.catalog/rest, port: api, priority: 5, properties: {url: "http://{host}"},
     exports: {A: b}, ready: [self, nessie-init]}
  - {capability: ui.web}
requires:
  - {capability: database.postgres, as: metastore, params: {database: x}, optional: true}
  - {capability: "metrics.scrape", many: true}
healthcheck: {http: /health}
links: {ui: {port: api, path: /tree, label: Nessie}}
jobs: {init: {command: [nessie, init], native: {command: [nessie, init]}}}
modes: {dev: {command: [dev]}}
native: {processes: {main: {command: [nessie]}}}
"""


def test_a_full_definition():
    made = definition(FULL)
    assert (made.name, made.kind, made.category) == ("nessie", ServiceKind.SERVICE, "catalog")
    assert (made.default, made.priority, made.prefers) == (True, 50, "native")
    assert made.ports == {
        "api": Port("api", 19120, 19121, "http", True), "admin": Port("admin", 9000),
    }  # fmt: skip
    assert made.primary_port == made.ports["api"]
    version, mode, password, mapped = made.settings.values()
    assert (version.default, version.env, version.description) == (
        "1.10", "NESSIE_VERSION", "Which one",
    )  # fmt: skip
    assert (mode.choices, password.length, password.is_secret, mapped.default) == (
        ("a", "b"), 32, True, {"x": 1},
    )  # fmt: skip
    rest, web = made.provides
    assert rest == Provided(
        "iceberg.catalog/rest", "api", 5, {"url": "http://{host}"}, {"A": "b"}, ("init",),
        rest.where,
    )  # fmt: skip
    assert (web.capability, web.priority) == ("ui.web", 0)
    store, scrape = made.requires
    assert store == Required(
        "database.postgres", "metastore", {"database": "x"}, True, False, store.where
    )
    assert (scrape.role, scrape.many) == ("scrape", True)
    assert made.links == (Link("ui", "api", "/tree", "Nessie"),)
    assert set(made.modes) == {"dev"}
    assert "settings" in made.tree
    assert str(made.where) == "phlo-nessie 1.0.0 service.yaml:2:7"


SMALL = "name: app\nimage: example.org/app:1\n"


def test_a_small_definition():
    made = definition(SMALL)
    assert (made.ports, made.settings, made.links, made.modes) == ({}, {}, (), {})
    assert made.primary_port is None
    assert definition(SMALL + "ports: ['80:8080']\n").primary_port == Port("8080", 8080, 80)
    assert definition("name: lib\nkind: embedded\n").kind is ServiceKind.EMBEDDED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("imagee: x", "unknown key 'imagee'"),
        ("requires: [{capability: a, az: b}]", "unknown key 'az'"),
        ("requires: [{as: b}]", "'requires' must be {capability"),
        ("requires: 5", "'requires' must be"),
        ("provides: [{capability: a, port: web}]", "'provides' cannot be 'web'"),
        ("settings: 5", "'settings' must be"),
        ("settings: {a: 5}", "'a' must be"),
        ("settings: {a: {type: colour}}", "'type' cannot be 'colour'"),
        ("settings: {a: {dflt: 1}}", "unknown key 'dflt'"),
        ("settings: {a: {type: secret, default: x}}", "a secret has no default"),
        ("links: 5", "'links' must be"),
        ("links: {ui: {port: web}}", "'port' cannot be 'web'"),
        ("modes: 5", "'modes' must be"),
        ("modes: {dev: 5}", "'modes' must be"),
        ("modes: {dev: {imagee: x}}", "unknown key 'imagee'"),
        ("kind: thing", "'kind' cannot be 'thing'"),
        ('default: "yes"', "'default' must be true or false"),
        ("priority: high", "'priority' must be a whole number"),
        ("ports: {a: {container: 1}, b: {container: 2}}", "primary"),
        ("ports: {a: {container: x}}", "'container' must be a port"),
        ("native: {processes: {main: {comand: [x]}}}", "unknown key 'comand'"),
        ("native: {health: {htp: /}}", "unknown key 'htp'"),
    ],
)
def test_faults(text, words):
    with pytest.raises(InvalidService) as caught:
        definition(f"{SMALL}{text}\n")
    assert words in caught.value.message
    assert caught.value.where.file == "phlo-app 1.0.0 service.yaml"


def test_all_faults_are_told():
    with pytest.raises(InvalidService) as caught:
        definition(f"{SMALL}imagee: x\nprot: 1\ndefault: 5\n")
    told = [caught.value.message, *(r.message for r in caught.value.related)]
    assert len(told) == 3
    assert all(related.where.line for related in caught.value.related)


def test_a_name_that_no_host_could_have():
    with pytest.raises(InvalidService, match="cannot be used"):
        definition("name: My_App\nimage: x\n")


def test_a_setting_knows_what_it_is():
    assert Setting("a").is_text
    assert Setting("a", "secret").is_text
    assert not Setting("a", "integer").is_text
