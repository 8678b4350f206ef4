"""Commands that only look: they work while something else keeps a start from working."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOKING = [
    ("config", "explain", "observatory.port"), ("config", "show"), ("services", "list"),
    ("services", "graph"), ("services", "why", "observatory"), ("services", "status"),
    ("env", "export"), ("secrets", "list"),
]  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[ProjectFolder]:
    """A project that wants a port which another program has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        folder = ProjectFolder(tmp_path / "lake")
        port = taken.getsockname()[1]
        folder.write("phlo.yaml", f"name: lake\nservices: {{observatory: {{port: {port}}}}}\n")
        yield folder


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_a_port_that_another_program_has_hides_nothing(
    lake: ProjectFolder, command: tuple[str, ...]
) -> None:
    done = lake.phlo(*command)
    assert done.returncode == 0, done.stderr


def test_the_configuration_is_valid_and_the_port_is_told(lake: ProjectFolder) -> None:
    done = lake.phlo("config", "validate", "--json")
    assert done.returncode == 0
    [warning] = [json.loads(line) for line in done.stderr.splitlines()]
    assert (warning["code"], warning["severity"]) == ("PHLO-X302", "warning")
    refused = lake.phlo("services", "start", "--only", "observatory")
    assert refused.returncode == 7


def test_what_else_is_wrong_is_an_error_still(lake: ProjectFolder) -> None:
    text = (lake.root / "phlo.yaml").read_text()
    lake.write("phlo.yaml", f"{text}bind: {{nothing: at-all}}\n")
    done = lake.phlo("config", "validate", "--json")
    assert done.returncode == 5
    assert [json.loads(line)["code"] for line in done.stderr.splitlines()] == ["PHLO-W206"]


def test_a_variable_is_named_once_as_who_said_a_value(lake: ProjectFolder) -> None:
    done = lake.phlo("config", "explain", "observatory.port", OBSERVATORY_PORT="9999")
    first, second, *_ = done.stdout.splitlines()
    assert first == "observatory.ports.web.host = 9999"
    assert second == "    environment: OBSERVATORY_PORT"


def test_a_secret_that_was_not_made_yet_hides_no_other_variable(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "lake")
    masked = folder.json("env", "export")["environment"]
    shown = folder.json("env", "export", "--show-secrets")["environment"]
    secret = {name for name, value in masked.items() if "***" in value}
    assert "PHLO_API_TOKEN" in secret
    assert set(masked) - set(shown) == secret
    assert shown
