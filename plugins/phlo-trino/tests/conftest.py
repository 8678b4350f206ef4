"""A project whose SQL a real Trino runs: a coordinator and one worker, started as a user does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from phlo.project import Project
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.lake import Lake
    from phlo_trino.engine import TrinoEngine

#: Says where a Trino is unpacked, which then is not fetched.
HOME = "PHLO_TEST_TRINO_HOME"
#: Longer than a start takes on a busy machine, the download included.
_PATIENCE = 600
#: A checkout has packages that a user need not have.
OTHERS = ("nessie", "seaweedfs", "minio", "postgres", "dagster", "superset", "observatory")


class TrinoFolder(ProjectFolder):
    """A project in which everything is a local process, and only what is named is there."""

    settings = {}  # noqa: RUF012 - the class it extends has it as a mapping that nobody changes

    def __init__(self, root, *, workers=0, needs=()) -> None:
        super().__init__(root)
        off = "".join(f"  {one}: {{enabled: false}}\n" for one in OTHERS if one not in needs)
        home = os.environ.get(HOME, "")
        trino = f"  trino: {{settings: {{workers: {workers}, heap: 768m, home: '{home}'}}}}\n"
        self.write("phlo.yaml", f"name: lake\nruntime: native\nservices:\n{off}{trino}")

    def up(self) -> None:
        """Start the services, and wait until they are ready."""
        with self.start("services", "start") as process:
            out, err = process.communicate(timeout=_PATIENCE)
        assert process.returncode == 0, out + err

    def down(self) -> None:
        """Stop them."""
        assert self.phlo("services", "stop").returncode == 0


@pytest.fixture(scope="session")
def a_folder() -> type[TrinoFolder]:
    """What makes further projects."""
    return TrinoFolder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrinoFolder]:
    folder = TrinoFolder(tmp_path_factory.mktemp("trino") / "lake", workers=1)
    try:
        folder.up()
        yield folder
    finally:
        folder.down()


@pytest.fixture(scope="session")
def project(folder: TrinoFolder) -> Project:
    return Project.open(folder.root)


@pytest.fixture(scope="session")
def lake(project: Project) -> Lake:
    return project.lake


@pytest.fixture(scope="session")
def engine(project: Project) -> TrinoEngine:
    return project.engine("trino")
