"""Secrets, variables, and programs that get them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "PHLO_API_TOKEN"


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "lake")
    assert folder.phlo("services", "init").returncode == 0
    return folder


def listed_secret(project: ProjectFolder) -> dict[str, str]:
    """Return the row of the token; other installed packages may bring secrets, too."""
    rows = project.json("secrets", "list")["secrets"]
    [row] = [one for one in rows if one["name"] == TOKEN]
    return row


def test_secrets_are_listed_masked_and_shown_when_asked(project: ProjectFolder) -> None:
    value = project.json("secrets", "show", TOKEN)["value"]
    assert len(value) == 32
    listed = project.phlo("secrets", "list")
    assert value not in listed.stdout + listed.stderr
    [row] = [r for r in project.json("secrets", "list")["secrets"] if r["name"] == TOKEN]
    assert (row["name"], row["service"], row["source"]) == (TOKEN, "phlo-api", "made by phlo")
    assert project.phlo("secrets", "show", "phlo-api.token").stdout.strip() == value
    assert f"{TOKEN}={value}\n" in project.phlo("secrets", "export").stdout


def test_a_rotated_secret_is_new_and_nothing_else_changes(project: ProjectFolder) -> None:
    file = project.root / ".phlo/state/secrets.env"
    file.write_text(file.read_text() + "# mine\nOWN=kept\n")
    before = project.json("secrets", "show", TOKEN)["value"]
    rotated = project.json("secrets", "rotate", TOKEN)
    assert rotated["services"] == ["phlo-api"]
    assert project.json("secrets", "show", TOKEN)["value"] != before
    assert "# mine\nOWN=kept\n" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_given_secret_is_not_changed(project: ProjectFolder) -> None:
    project.write(".env", f"{TOKEN}=given-by-a-person-0123456789\n")
    [row] = [r for r in project.json("secrets", "list")["secrets"] if r["name"] == TOKEN]
    assert ".env:1" in row["source"]
    refused = project.phlo("secrets", "rotate", TOKEN)
    assert refused.returncode == 7
    assert "PHLO-X316" in refused.stderr
    assert "given-by-a-person" not in refused.stderr


def test_an_unknown_secret_is_an_error_with_the_names(project: ProjectFolder) -> None:
    refused = project.phlo("secrets", "show", "PHLO_API_TOKN")
    assert refused.returncode == 3
    assert TOKEN in refused.stderr


def test_a_program_gets_the_variables_and_its_exit_code_is_passed_on(
    project: ProjectFolder,
) -> None:
    told = project.json("env", "export")["environment"]
    assert told["PHLO_API_URL"] == f"http://127.0.0.1:{told['PHLO_API_PORT']}"
    ran = project.phlo("run", "--", "sh", "-c", 'echo "$PHLO_API_URL"; exit 7')
    assert ran.stdout.strip() == told["PHLO_API_URL"]
    assert ran.returncode == 7
    missing = project.phlo("run", "--", "no-such-program")
    assert missing.returncode == 6
    assert "PHLO-R510" in missing.stderr


def test_a_function_gets_a_service_by_its_name(project: ProjectFolder) -> None:
    project.write(
        "workflows/ask.py",
        """
        import phlo

        @phlo.ingestion(table="raw.told")
        def told(observatory: phlo.Service):
            return [{"url": observatory.url, "port": observatory.port}]
        """,
    )
    assert project.phlo("materialize").returncode == 0
    url = project.json("env", "export")["environment"]["OBSERVATORY_URL"]
    assert project.rows("select url from raw.told") == [[url]]
