"""One object store at a time: which it is, that it stays, and what phlo.yaml alone says of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.errors import ErrorGroup, PhloError
from phlo.errors.config import MissingSetting
from phlo.errors.runtime import CannotRunHere
from phlo.model.options import Options
from phlo.testing.composing import MACHINE, stack

LAKE = """
name: lake
kind: embedded
category: core
default: true
requires: [{capability: object-store.s3, as: warehouse, params: {bucket: lake}, optional: true}]
"""
IMAGE_ONLY = """
name: big
category: storage
default: true
priority: 20
prefers: docker
image: example.org/big:1
ready: started
ports: {api: {container: 9000, host: 9000, primary: true, protocol: http}}
provides:
  - {capability: object-store.s3, port: api, priority: 20, properties: {endpoint: "http://{host}:{port}"}}
"""
ANYWHERE = (
    IMAGE_ONLY.replace("big", "small").replace("20", "10").replace("9000", "8333")
    + "native: {processes: {main: {command: [run]}}}\n"
)
CLOUD = """
name: cloud
kind: external
category: storage
priority: 30
settings:
  bucket: {type: string, required: true}
  address: {type: string, default: ""}
  key: {type: secret, required: false, kept: false}
provides:
  - capability: object-store.s3
    priority: 30
    properties:
      endpoint: "{settings.address}"
      bucket: "{settings.bucket}"
      password: "{settings.key}"
"""
PACKAGES = [LAKE, IMAGE_ONLY, ANYWHERE, CLOUD]
NO_DOCKER = replace(MACHINE, docker=False, no_docker="Docker is not running")


def warehouse(made):
    return [(b.provider, b.reason) for b in made.services["lake"].bindings]


def test_the_one_that_needs_an_engine_is_taken_where_there_is_one():
    made = stack("name: lake\n", PACKAGES)
    assert warehouse(made) == [("big", "the only one")]
    assert made.skipped["small"] == "'big' is the project's storage"
    assert made.remembered == {"lake.warehouse": "big"}


def test_the_other_is_taken_where_there_is_none_and_the_reason_is_told():
    made = stack("name: lake\n", PACKAGES, machine=NO_DOCKER)
    assert warehouse(made) == [("small", "the only one")]
    assert made.skipped["big"] == "it comes as a container image, and Docker is not running"


def test_an_engine_that_appears_later_moves_no_data():
    before = {"lake.warehouse": "small"}
    made = stack("name: lake\n", PACKAGES, machine=replace(MACHINE, bindings=before))
    assert warehouse(made) == [("small", "as before: its data is there")]
    assert made.skipped["big"] == "'small' is the project's storage"
    assert made.notes == (
        "the project's storage stays 'small', which has its data; today it would be 'big'",
    )


def test_an_engine_that_is_gone_is_told_before_anything_begins_without_the_data():
    before = replace(NO_DOCKER, bindings={"lake.warehouse": "big"})
    with pytest.raises(CannotRunHere, match="'big'"):
        stack("name: lake\n", PACKAGES, machine=before)
    left = "name: lake\nservices: {big: {enabled: false}}\n"
    assert warehouse(stack(left, PACKAGES, machine=before)) == [("small", "the only one")]


def test_only_one_service_finds_the_data_where_it_was():
    tool = """
    name: tool
    image: example.org/tool:1
    ready: started
    requires: [{capability: object-store.s3, as: store}]
    """
    only = Options(only=("tool",))
    made = stack("name: lake\n", [*PACKAGES, tool], options=only)
    assert made.bindings[0].provider == "big", "what must be switched on is not taken for it"
    before = replace(MACHINE, bindings={"tool.store": "small"})
    made = stack("name: lake\n", [*PACKAGES, tool], options=only, machine=before)
    assert made.bindings[0].provider == "small"


def test_a_setting_that_must_be_said():
    with pytest.raises(MissingSetting) as caught:
        stack("name: lake\nservices: {cloud: {enabled: true}}\n", PACKAGES)
    assert caught.value.path == "services.cloud.settings.bucket"
    said = "{bucket: mine, address: 'https://s3.example:9/x'}"
    made = stack(
        f"name: lake\nservices: {{cloud: {{enabled: true, settings: {said}}}}}\n", PACKAGES
    )
    assert made.bindings[0].properties == {
        "endpoint": "https://s3.example:9/x", "bucket": "mine", "password": "",
    }  # fmt: skip
    assert set(made.services) == {"lake", "cloud"}


def test_an_external_one_takes_the_slot_and_hides_its_password():
    project = """
    name: lake
    services:
      mine:
        type: external
        provides: object-store.s3
        properties: {endpoint: "${WHERE}", bucket: b, password: "${KEY}"}
    """
    made = stack(project, PACKAGES, environ={"WHERE": "https://s3.example", "KEY": "very-secret"})
    assert warehouse(made) == [("mine", "the only one")]
    assert made.skipped["big"] == "'mine' is the project's storage"
    told = made.services["lake"].bindings[0].properties
    assert told == {
        "endpoint": "https://s3.example", "bucket": "b", "password": "${PHLO_SECRET_MINE_PASSWORD}",
    }  # fmt: skip
    [need] = [one for one in made.secrets if one.service == "mine"]
    assert (need.given, need.is_kept) == ("very-secret", False)


def test_a_variable_that_is_not_set_is_told_once():
    project = """
    name: lake
    services:
      mine: {type: external, provides: object-store.s3, properties: {endpoint: "${WHERE}"}}
    """
    with pytest.raises(PhloError) as caught:
        stack(project, PACKAGES)
    assert not isinstance(caught.value, ErrorGroup)
    assert "WHERE" in caught.value.message
