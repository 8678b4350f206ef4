"""A project as a new user has it, its services real, and nothing left of it when the test ends."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from typing import TYPE_CHECKING

import psutil
import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Lake(ProjectFolder):
    """A project folder, with what its processes are."""

    def processes(self) -> list[psutil.Process]:
        """Return every process that belongs to this project, however it was started."""
        found = []
        for process in psutil.process_iter():
            try:
                said = [process.environ().get("PHLO_NATIVE_ROOT", ""), process.cwd()]
                said += [process.environ().get("PHLO_PROJECT_DIR", ""), *process.cmdline()]
            except (psutil.Error, OSError):
                continue
            if process.pid != os.getpid() and any(str(self.root) in text for text in said):
                found.append(process)
        return found

    def endpoint(self, service: str) -> str:
        """Return where a service answers."""
        told = self.json("services", "status")["services"]
        [one] = [one for one in told if one["name"] == service]
        url: str = one["endpoints"][0]["url"]
        return url

    def service(self, name: str) -> dict[str, object]:
        """Return the status of a service."""
        [one] = [s for s in self.json("services", "status")["services"] if s["name"] == name]
        return one

    def secret(self, name: str) -> str:
        """Return a secret of the project."""
        lines = (self.root / ".phlo/state/secrets.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)[name]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """A new project with the example that `phlo init` writes; stopped when the test ends."""
    folder = Lake(tmp_path / "my lake")
    (folder.root / "phlo.yaml").unlink()
    made = folder.phlo("init", ".")
    assert made.returncode == 0, made.stderr
    if find_spec("phlo_postgres"):  # a checkout has packages that a new user has not
        folder.write("phlo.local.yaml", "services: {postgres: {enabled: false}}\n")
    yield folder
    if folder.root.exists():
        folder.phlo("services", "stop")
    left = folder.processes()
    for process in left:
        process.send_signal(signal.SIGKILL)
    assert not left, f"left running: {left}"
