"""The folder that an image with the project's Python packages is built of (`build: packages`)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.compose.container import runs_steps, source_of_build
from phlo.errors.docker import NotPacked
from phlo.orchestration.python import project_python

if TYPE_CHECKING:
    from phlo.model.stack import Stack

#: More than packing takes where nothing is packed yet, in seconds.
_PATIENCE = 600
_VERSION = re.compile(r"(?m)^ARG PYTHON=.*$")


def write_contexts(root: Path, stack: Stack) -> None:
    """Write the folders of all images of a stack that hold the project's packages.

    Each is a copy of the service's own, with `packages/` beside it; the line `ARG PYTHON=` of its
    Dockerfile says the version of the project's Python.

    Raises:
        NotPacked: The packages cannot be put together.
    """
    for service in stack.services.values():
        if service.runtime == "docker" and runs_steps(stack, service.name):
            folder = root / build_folder(service.name)
            _copy(Path(source_of_build(stack, service)), folder)
            version = _pack(root, project_python(root, stack.project.python), folder / "packages")
            said = stack.layered.value(("services", service.name, "build", "dockerfile"))
            file = folder / str(said or "Dockerfile")
            text = _VERSION.sub(f"ARG PYTHON={version}", file.read_text(encoding="utf-8"))
            file.write_text(text, encoding="utf-8")


def build_folder(service: str) -> str:
    """Return the folder that a service's image is built of, in the project's."""
    return f".phlo/build/{service}"


def _copy(source: Path, folder: Path) -> None:
    """Copy a service's folder; what a former version of it had is gone, the packages stay."""
    if folder.is_dir():
        for old in folder.iterdir():
            if old.name != "packages":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    ignore = shutil.ignore_patterns("__pycache__", "packages")
    shutil.copytree(source, folder, ignore=ignore, dirs_exist_ok=True)


def _pack(root: Path, python: str, folder: Path) -> str:
    """Put the project's packages into a folder, and return the version of its Python."""
    command = [python, "-P", "-m", "phlo.runtime.docker.packing", str(root), str(folder)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPacked(python, str(error)) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise NotPacked(python, lines[-1])
    return done.stdout.strip()
