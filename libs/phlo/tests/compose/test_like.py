"""A need that follows another service's: engines read the tables where the project has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.errors.wiring import ProviderDisabled
from phlo.model.options import OWN_DATA, Options
from phlo.testing.composing import MACHINE, stack

LAKE = """
name: lake
kind: embedded
category: core
default: true
requires:
  - {capability: object-store.s3, as: warehouse, optional: true}
  - {capability: lake.catalog, as: catalog, optional: true}
"""
SERVICE = """
name: NAME
default: true
category: CATEGORY
image: example.org/NAME:1
ready: started
ports: {http: {container: PORT, host: PORT, primary: true, protocol: http}}
"""


def service(name, category, port, more):
    text = SERVICE.replace("NAME", name).replace("CATEGORY", category)
    return text.replace("PORT", str(port)) + more


NESSIE = service("nessie", "catalog", 19120, """
provides:
  - {capability: lake.catalog, port: http, priority: 50, properties: {url: "http://{host}:{port}"}}
  - {capability: iceberg.catalog/nessie, port: http, priority: 50}
""")  # fmt: skip
API = service("phlo-api", "core", 4000, """
provides: [{capability: iceberg.catalog/rest, port: http, priority: 0}]
""")  # fmt: skip
STORE = service("store", "storage", 9000, """
provides: [{capability: object-store.s3, port: http, properties: {endpoint: "http://{host}"}}]
""")  # fmt: skip
TRINO = service("trino", "query_engine", 8080, """
requires:
  - {capability: "iceberg.catalog/*", as: catalog, like: lake}
  - {capability: object-store.s3, as: warehouse, like: lake, optional: true}
""")  # fmt: skip
PACKAGES = [LAKE, NESSIE, API, STORE, TRINO]


def bound(services="{}", *, kept=(), options=None, packages=PACKAGES):
    machine = replace(MACHINE, bindings=dict(kept))
    made = stack(f"name: lake\nservices: {services}\n", packages, machine=machine,
                 options=options or Options())  # fmt: skip
    return {one.role: (one.provider, one.reason) for one in made.services["trino"].bindings}


def test_it_reads_where_the_lake_is():
    found = bound()
    assert found == {"catalog": ("nessie", "as 'lake' is"), "warehouse": ("store", "as 'lake' is")}


@pytest.mark.parametrize("role", ["catalog", "warehouse"])
def test_what_the_lake_does_without_it_does_without_too(role):
    for services, kept in (
        (f"{{lake: {{bind: {{{role}: none}}}}}}", {}),
        ("{}", {f"lake.{role}": OWN_DATA}),
        # Trino itself was there before the lake moved back.
        ("{}", {f"lake.{role}": OWN_DATA, f"trino.{role}": "nessie"}),
    ):
        found = bound(services, kept=kept)
        assert found["catalog"][0] == ("phlo-api" if role == "catalog" else "nessie")
        assert ("warehouse" in found) is (role == "catalog")


def test_it_follows_when_the_lake_moves():
    other = STORE.replace("name: store", "name: other").replace("9000", "9100")
    packages = [*PACKAGES, other.replace("category: storage", "category: custom")]
    moved = "{lake: {bind: {warehouse: other}}}"
    for kept in ({}, {"trino.warehouse": "store"}, {"trino.warehouse": OWN_DATA}):
        assert bound(moved, kept=kept, packages=packages)["warehouse"][0] == "other"


def test_a_person_has_the_last_word():
    found = bound("{lake: {bind: {catalog: none}}, trino: {bind: {catalog: nessie}}}")
    assert found["catalog"][0] == "nessie"


def test_a_catalog_that_somebody_wrote_down_goes_before_the_one_that_is_always_there():
    services = (
        "{lake: {bind: {catalog: none}},"
        " mine: {type: external, provides: iceberg.catalog/rest, properties: {url: 'http://x'}}}"
    )
    assert bound(services)["catalog"][0] == "mine"


def test_a_start_of_it_alone_brings_what_the_lake_uses():
    only = Options(only=("trino",))
    kept = {"lake.catalog": "nessie", "lake.warehouse": "store"}
    assert {role: one[0] for role, one in bound(options=only, kept=kept).items()} == {
        "catalog": "nessie", "warehouse": "store",
    }  # fmt: skip
    own = {"lake.catalog": OWN_DATA, "lake.warehouse": OWN_DATA}
    assert {role: one[0] for role, one in bound(options=only, kept=own).items()} == {
        "catalog": "phlo-api"
    }


def test_the_only_one_that_could_serve_it_is_named_when_it_is_disabled():
    services = "{lake: {bind: {catalog: none}}, phlo-api: {enabled: false}}"
    with pytest.raises(ProviderDisabled, match="'phlo-api'"):
        bound(services)
