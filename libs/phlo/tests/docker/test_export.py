"""An exported folder, run by plain Compose in another place, with the project gone."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.testing.containers import ContainerProject as Project

IMAGE = "python:3.11-slim-bookworm"
READER = f"""
schema: 1
name: reader
category: custom
image: {IMAGE}
settings: {{key: {{type: secret, generate: {{length: 24}}}}}}
files:
  - {{template: key.j2, dest: /etc/reader/key}}
  - {{template: plain.j2, dest: /etc/reader/plain}}
command: [sh, -c, "cat /etc/reader/key /etc/reader/plain && sleep 600"]
healthcheck: {{test: ["true"], interval: 1s}}
volumes: {{/kept: {{source: kept}}}}
compose: {{init: true}}
"""


def compose(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["docker", "compose", "-f", str(folder / "compose.yaml"), *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "variable is not set" not in done.stderr
    return done.stdout


def test_it_runs_without_phlo_and_has_its_secrets(project: Project, tmp_path: Path) -> None:
    project.site.install("reader", READER)
    files = project.site.folder / "phlo_reader"
    (files / "key.j2").write_text("the key is {{ settings.key }}, not $HOME\n")
    (files / "plain.j2").write_text("plain $1\n")
    project.configure("reader: {enabled: true}")
    assert project.phlo("services", "init", "--only", "reader").returncode == 0
    key = project.phlo("secrets", "show", "reader.key").stdout.strip()
    out = tmp_path / "out"
    export = ("export", "compose", "-o", str(out), "--only", "reader")
    done = project.phlo(*export)
    assert done.returncode == 0, done.stderr
    assert "READER_KEY" in done.stderr
    done = project.phlo(*export, "--with-secrets", "--force")
    assert done.returncode == 0, done.stderr
    for file in out.rglob("*"):
        if file.is_file() and file.name != ".env":
            text = file.read_text()
            assert key not in text
            assert str(project.root) not in text
    shutil.rmtree(project.root / ".phlo")
    (project.root / "phlo.yaml").unlink()
    content = yaml.safe_load((out / "compose.yaml").read_text())
    assert "labels" not in content["services"]["reader"]
    try:
        compose(out, "up", "--detach", "--wait")
        said = compose(out, "logs", "--no-log-prefix", "reader")
        assert said == f"the key is {key}, not $HOME\nplain $1\n"
    finally:
        compose(out, "down", "--volumes", "--timeout", "1")
        project.configure()
