"""A project as a folder for docker compose: complete, closed, and valid for Compose itself."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
name: lake
dev: [built]
services:
  web:
    type: inline
    image: web:1
    ports: ["8055:8000"]
    volumes: ["./site:/site:ro", "data:/data"]
    environment: {HELLO: world}
    files: {/etc/web.conf: {content: "x=1"}}
    ready: started
  built:
    type: inline
    build: ./image
    watch: [{path: image/app.py, target: /app.py}]
    depends_on: [web]
    ready: started
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "my lake")
    folder.write("phlo.yaml", PROJECT)
    folder.write("site/index.html", "hello")
    folder.write("image/Dockerfile", "FROM web:1\n")
    return folder


def compose_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text())
    return content


def test_an_export_holds_all_that_it_mounts_and_nothing_of_this_machine(
    project: ProjectFolder,
) -> None:
    made = project.json("export", "compose", "-o", "out", "--only", "built")
    out = project.root / "out"
    assert set(made["services"]) == {"web", "built"}
    assert "phlo-api" in project.json("export", "compose", "-o", "all")["left_out"]
    web = compose_of(out)["services"]["web"]
    sources = {mount["target"]: mount["source"] for mount in web["volumes"]}
    assert sources == {
        "/site": "./site", "/data": "data", "/etc/web.conf": "./config/web/etc/web.conf",
    }  # fmt: skip
    assert (out / "site/index.html").read_text() == "hello"
    assert (out / "config/web/etc/web.conf").read_text() == "x=1"
    assert (out / "image/Dockerfile").is_file()
    built = compose_of(out)["services"]["built"]
    assert built["build"]["context"] == "./image"
    assert "develop" not in built
    assert str(project.root) not in (out / "compose.yaml").read_text()


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not on PATH")
def test_compose_takes_an_export_wherever_it_is(project: ProjectFolder, tmp_path: Path) -> None:
    assert project.phlo("export", "compose", "-o", str(tmp_path / "elsewhere")).returncode == 0
    moved = tmp_path / "moved"
    (tmp_path / "elsewhere").rename(moved)
    shutil.rmtree(project.root)
    told = subprocess.run(
        ["docker", "compose", "-f", str(moved / "compose.yaml"), "config"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert str(moved / "site") in told.stdout


def test_a_folder_that_holds_something_is_left_alone(project: ProjectFolder) -> None:
    project.write("out/mine.txt", "mine")
    refused = project.phlo("export", "compose", "-o", "out")
    assert refused.returncode == 7
    assert "PHLO-X360" in refused.stderr
    assert [file.name for file in (project.root / "out").iterdir()] == ["mine.txt"]
    assert project.phlo("export", "compose", "-o", "out", "--force").returncode == 0
    assert (project.root / "out/mine.txt").read_text() == "mine"


def test_without_containers_there_is_nothing_to_export(project: ProjectFolder) -> None:
    project.write("phlo.yaml", "name: lake\n")
    refused = project.phlo("export", "compose", "--only", "duckdb")
    assert refused.returncode == 6
    assert "PHLO-R570" in refused.stderr
    assert not (project.root / "compose").exists()
