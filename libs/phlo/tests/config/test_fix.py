"""`phlo config fix` and `phlo config schema`: what phlo puts right, and what editors are told."""

from __future__ import annotations

import json

import pytest

from phlo.testing.folder import ProjectFolder


@pytest.fixture
def lake(tmp_path):
    folder = tmp_path / "lake"
    folder.mkdir()
    return ProjectFolder(folder)


BROKEN = """\
name: lake   # mine
servces:
  observatry:
    enabeld: "false"   # off
    restart: alwys
"""
RIGHT = """\
name: lake   # mine
services:
  observatory:
    enabled: false   # off
    restart: always
"""


def test_what_can_be_put_right_is_and_the_rest_stays_as_it_was(lake):
    lake.write("phlo.yaml", BROKEN)
    shown = lake.phlo("config", "fix", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert (lake.root / "phlo.yaml").read_text(encoding="utf-8") == BROKEN
    assert "phlo.yaml:2:1  servces would be -> services   [PHLO-C104]" in shown.stdout
    made = lake.json("config", "fix")
    assert (lake.root / "phlo.yaml").read_text(encoding="utf-8") == RIGHT
    assert {edit["code"] for edit in made["edits"]} >= {"PHLO-C104", "PHLO-C106", "PHLO-C109"}
    assert lake.phlo("config", "validate").returncode == 0
    assert "nothing that can be put right" in lake.phlo("config", "fix").stderr


def test_what_is_left_is_told(lake):
    lake.write("phlo.yaml", "name: lake\nservics: {}\n")
    lake.write("phlo.local.yaml", "services: {observatory: {enabeld: true}, nothing: {port: 1}}\n")
    done = lake.phlo("config", "fix")
    assert done.returncode == 3
    assert "PHLO-C120" in done.stderr
    assert (lake.root / "phlo.yaml").read_text(encoding="utf-8") == "name: lake\nservices: {}\n"
    text = (lake.root / "phlo.local.yaml").read_text(encoding="utf-8")
    assert text == "services: {observatory: {enabled: true}, nothing: {port: 1}}\n"


def test_an_error_says_its_edit_to_programs(lake):
    lake.write("phlo.yaml", 'name: lake\nservices: {observatory: {enabled: "false"}}\n')
    done = lake.phlo("config", "validate", "--json")
    edit = json.loads(done.stderr)["fix"]["edit"]
    assert edit["replacement"] == "false"
    assert edit["range"] == {"line": 2, "column": 35, "end_line": 2, "end_column": 42}


def test_editors_get_a_schema_that_a_new_project_points_to(lake):
    assert lake.phlo("init", "new").returncode == 0
    first = (lake.root / "new" / "phlo.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=.phlo/schema.json"
    file = lake.root / "new" / ".phlo" / "schema.json"
    assert (
        "observatory"
        in json.loads(file.read_text(encoding="utf-8"))["properties"]["services"]["properties"]
    )
    file.unlink()
    assert lake.json("-C", "new", "config", "schema")["changed"] is True
    assert lake.json("-C", "new", "config", "schema")["changed"] is False
    printed = lake.phlo("config", "schema", "--stdout").stdout
    assert json.loads(printed) == json.loads(file.read_text(encoding="utf-8"))
