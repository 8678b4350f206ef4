"""Projects with real containers; whatever a test does, nothing of them is left.

A conftest.py takes the fixtures in by their names:

    from phlo.testing.containers import engine, make_project, project
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from phlo.runtime.docker.find import find
from phlo.testing.folder import ProjectFolder
from phlo.testing.packages import SitePackages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., "ContainerProject"]

IMAGE = "python:3.11-slim-bookworm"
#: Ends at once when it is told to, unlike most programs with the number 1.
STAYS = [
    "python", "-u", "-c",
    "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(0)); print('up');"
    "\nwhile True: time.sleep(1)",
]  # fmt: skip


def docker(*arguments: str) -> str:
    """Run a `docker` command, which must succeed, and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip the test where no engine answers; where `CI` is set, it fails."""
    found = find(os.environ)
    refuse = pytest.fail if os.environ.get("CI") else pytest.skip
    if found.host is None:
        refuse(f"no container engine: {'; '.join(found.tried)}")
    if not docker("images", "-q", IMAGE):
        refuse(f"the image {IMAGE} is not here: docker pull {IMAGE}")


class ContainerProject(ProjectFolder):
    """A project of a name of its own, and packages beside those that are installed."""

    IMAGE, STAYS = IMAGE, STAYS
    docker = staticmethod(docker)

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root)
        self.name = name
        self.site = SitePackages(root / "site")
        #: Folders that packages were installed from as editable.
        self.sources: list[Path] = []
        self.configure()

    def configure(self, services: str = "{}", more: str = "") -> None:
        """Write phlo.yaml."""
        text = textwrap.indent(textwrap.dedent(services).strip("\n"), "  ")
        (self.root / "phlo.yaml").write_text(f"name: {self.name}\n{more}services:\n{text}\n")

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a `phlo` command that sees this project's packages too."""
        folders = [str(self.site.folder), *map(str, self.sources)]
        path = os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")])
        return super().start(*arguments, **{"PYTHONPATH": path.strip(os.pathsep)} | environ)

    def up(self, *names: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Start some services and what they need, and nothing else."""
        only = [part for name in names for part in ("--only", name)]
        return self.phlo("services", "start", "--no-open", *only, **environ)

    def errors(self, done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
        """Return the errors of a command that was called with --json."""
        lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
        return [json.loads(line) for line in lines]

    def states(self) -> dict[str, str]:
        """Return the state of each service."""
        status = self.json("services", "status")
        return {one["name"]: one["state"] for one in status["services"]}

    def inspect(self, service: str) -> dict[str, Any]:
        """Return how the engine describes the container of a service."""
        found: list[dict[str, Any]] = json.loads(docker("inspect", f"{self.name}-{service}-1"))
        return found[0]

    def things(self) -> list[str]:
        """Return all containers, volumes and networks of this project."""
        label = f"label=phlo.root={self.root}"
        return [
            *docker("ps", "-aq", "--filter", label).split(),
            *docker("volume", "ls", "-q", "--filter", label).split(),
            *docker("network", "ls", "-q", "--filter", label).split(),
        ]

    def clean(self) -> None:
        """Remove all that the project has on the engine."""
        self.phlo("services", "reset", "--yes")
        label = f"label=phlo.root={self.root}"
        if ids := docker("ps", "-aq", "--filter", label).split():
            docker("rm", "-f", "-v", *ids)
        if names := docker("volume", "ls", "-q", "--filter", label).split():
            docker("volume", "rm", "-f", *names)
        if names := docker("network", "ls", "-q", "--filter", label).split():
            docker("network", "rm", *names)
        built = ("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter")
        if images := docker(*built, f"reference={self.name}-*").split():
            docker("image", "rm", "-f", *images)
        assert self.things() == []


@pytest.fixture(scope="module")
def make_project(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make projects, which are gone after the tests of a file."""
    made: list[ContainerProject] = []

    def make(name: str | None = None, folder: str | None = None) -> ContainerProject:
        root = tmp_path_factory.mktemp(folder or "lake")
        made.append(ContainerProject(root, name or f"t{uuid.uuid4().hex[:8]}"))
        return made[-1]

    yield make
    for project in made:
        project.clean()


@pytest.fixture
def project(make_project: Make) -> Iterator[ContainerProject]:
    """A project, which is gone after the test."""
    made = make_project()
    yield made
    made.clean()
