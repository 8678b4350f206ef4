"""What the doctor says of a project's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path


def found(project: ProjectFolder, name: str) -> list[dict[str, str]]:
    return [one for one in project.json("doctor")["checks"] if one["name"] == name]


def test_a_value_that_hides_wiring_is_noted_with_its_place(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "lake")
    assert found(project, "wiring") == []
    project.write(
        "phlo.yaml", "name: lake\nservices: {observatory: {environment: {PHLO_API_HOST: x}}}\n"
    )
    [note] = found(project, "wiring")
    assert "PHLO_API_HOST" in note["detail"]
    assert "phlo.yaml:2" in note["detail"]


def test_a_broken_configuration_is_a_failure_with_its_fix(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "lake")
    project.write("phlo.yaml", "name: lake\nservices: {observatory: {prot: 1}}\n")
    [failure] = found(project, "configuration")
    assert failure["level"] == "failure"
    assert failure["fix"] == "rename it to 'port'"
    assert project.phlo("doctor").returncode == 6
