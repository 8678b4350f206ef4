"""A container that works on tables in the project's folder finds them where metadata says."""

from __future__ import annotations

import os

import yaml

from phlo.compose.render import render
from phlo.runtime.docker.values import values_text
from phlo.testing.composing import stack

LAKE = """
name: lake
kind: embedded
default: true
provides: [{capability: storage.folder}]
"""
ENGINE = """
name: engine
image: example.org/engine:1
default: true
ready: started
settings: {workers: {type: integer, default: 1}}
requires: [{capability: storage.folder, as: folder, optional: true}]
companions: {worker: {count: workers}}
"""


def services(project="name: lake\n", *packages):
    made = stack(project, packages or (LAKE, ENGINE))
    return yaml.safe_load(render(made).compose)["services"]


def test_the_folder_is_mounted_at_its_own_path_for_companions_too():
    folder = "/home/ann/lake/.phlo/lake"
    for one in services().values():
        assert one["volumes"] == [{"type": "bind", "source": folder, "target": folder}]


def test_it_runs_as_the_person_unless_somebody_says_another():
    assert services()["engine"]["user"] == "${PHLO_USER:-0:0}"
    project = "name: lake\nservices: {engine: {user: '7'}}\n"
    assert services(project)["engine"]["user"] == "7"
    text = values_text("user: ${PHLO_USER:-0:0}", {}, salt="x")
    assert f"PHLO_USER={os.getuid()}:{os.getgid()}" in text.splitlines()


def test_one_that_has_nothing_to_do_with_it_gets_nothing_of_it():
    found = services("name: lake\n", LAKE, ENGINE.replace("storage.folder", "ui.web"))["engine"]
    assert "volumes" not in found
    assert "user" not in found
