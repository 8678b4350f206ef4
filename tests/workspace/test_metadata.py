"""Every package of the workspace says what it is, in the same words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("libs", "apps", "plugins")
FILES = sorted(file for folder in FOLDERS for file in ROOT.glob(f"{folder}/*/pyproject.toml"))
PACKAGES = {file.parent.name: tomllib.loads(file.read_text()) for file in FILES}
EVERY = pytest.mark.parametrize("folder", PACKAGES)


def test_the_workspace_has_its_packages() -> None:
    names = {about["project"]["name"] for about in PACKAGES.values()}
    assert {"phlo", "phlo-api", "phlo-observatory", "phlo-duckdb", "phlo-postgres"} <= names


def test_every_member_is_a_source_of_the_workspace() -> None:
    sources = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["sources"]
    names = {about["project"]["name"] for about in PACKAGES.values()}
    assert set(sources) == names
    assert all(source == {"workspace": True} for source in sources.values())


@EVERY
def test_metadata_is_whole(folder: str) -> None:
    project = PACKAGES[folder]["project"]
    wanted = {
        "name",
        "version",
        "description",
        "readme",
        "license",
        "requires-python",
        "classifiers",
    }
    assert wanted <= set(project)
    assert project["license"] == "Apache-2.0"
    assert {"Source", "Changelog"} <= set(project["urls"])
    assert project["requires-python"] == PACKAGES["phlo"]["project"]["requires-python"]
    assert "Typing :: Typed" in project["classifiers"]


@EVERY
def test_files_that_every_package_has(folder: str) -> None:
    [file] = [f for f in FILES if f.parent.name == folder]
    [package] = PACKAGES[folder]["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    for name in ("README.md", "changes", "tests", f"{package}/__init__.py", f"{package}/py.typed"):
        assert (file.parent / name).exists(), f"{folder} has no {name}"
    assert len((file.parent / "README.md").read_text()) > 400, "the README says what it is and adds"


@EVERY
def test_tool_settings_are_in_the_root_only(folder: str) -> None:
    assert not {"ruff", "mypy", "pytest"} & set(PACKAGES[folder]["tool"])


@EVERY
def test_members_ask_for_a_floor_of_each_other_and_no_more(folder: str) -> None:
    names = {about["project"]["name"] for about in PACKAGES.values()}
    project = PACKAGES[folder]["project"]
    lines = [*project["dependencies"]]
    lines += [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    for line in lines:
        name = line.split(">=")[0].split("[")[0]
        if name in names:
            assert ">=" in line, line
            assert not {"<", "=="} & set(line), line


@EVERY
def test_a_service_package_has_an_entry_point_named_as_its_service(folder: str) -> None:
    import yaml

    groups = PACKAGES[folder]["project"].get("entry-points", {})
    for name in groups.get("phlo.plugins.services", {}):
        [file] = (ROOT).glob(f"*/{folder}/src/*/service.yaml")
        assert yaml.safe_load(file.read_text())["name"] == name


@EVERY
def test_what_is_imported_is_required(folder: str) -> None:
    """A module that only comes along with another package is gone when that one drops it."""
    import ast
    import sys

    [root] = ROOT.glob(f"*/{folder}/src/*")
    project = PACKAGES[folder]["project"]
    lines = [*project["dependencies"]]
    lines += [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    required = {re.split(r"[\[>=<;, ]", line)[0].replace("-", "_").lower() for line in lines}
    named = {"yaml": "pyyaml"}
    # Given by the user's own code or project, and only looked at when they are there.
    optional = {"pandas", "polars", "duckdb", "dlt"} if folder == "phlo" else set()
    definitions = root / "definitions.py" if folder == "phlo-dagster" else None
    used = set()
    for file in root.rglob("*.py"):
        # What runs elsewhere: the demo's own files, and what a service's own environment runs.
        if (
            "project/workflows" in file.as_posix()
            or file == definitions
            or file.parent.name == "files"
        ):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                used.add(node.module.partition(".")[0])
    strangers = used - set(sys.stdlib_module_names) - {root.name} - optional
    assert {named.get(name, name) for name in strangers} <= required
