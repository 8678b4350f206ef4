"""What is rendered for a container of it, and what is not exported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from phlo.testing.folder import ProjectFolder
from phlo.testing.servers import alone

if TYPE_CHECKING:
    from pathlib import Path


def test_an_export_leaves_it_out_since_it_needs_phlo(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "lake")
    own = {"type": "inline", "image": "python:3.11-slim-bookworm", "ready": "started"}
    services = {**alone("dagster"), "dagster": {"runtime": "docker"}, "own": own}
    project.write("phlo.yaml", f"name: lake\nservices: {json.dumps(services)}\n")
    said = project.json("export", "compose", "-o", str(tmp_path / "out"))
    assert said["services"] == ["own"]
    assert "steps" in said["left_out"]["dagster"]
