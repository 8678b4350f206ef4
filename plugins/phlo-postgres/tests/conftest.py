"""Projects with a real server, in a container or as a local process."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.runtime.docker.find import find
from phlo.testing.containers import ContainerProject, engine, make_project, project

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["engine", "make_project", "project"]


@pytest.fixture
def reachable() -> Iterator[ContainerProject]:
    """A project in a folder that every user may enter: root's server runs as another one."""
    folder = Path(tempfile.mkdtemp(prefix="phlo-"))
    folder.chmod(0o755)
    project = ContainerProject(folder / "lake", f"t{folder.name[-6:].lower()}".replace("_", "x"))
    yield project
    project.phlo("services", "reset", "--yes")
    if find(os.environ).host:
        project.clean()
    shutil.rmtree(folder)
