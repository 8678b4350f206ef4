"""The project's Python: `python:` of phlo.yaml, else `.venv` beside it, else this one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from phlo.model.options import CONTAINER
from phlo.orchestration.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path


def project_python(root: Path, configured: str | None) -> str:
    """Return the interpreter that runs workflow files, as the machine has it."""
    if os.environ.get(CONTAINER) and (known := Manifest.read(root)) is not None:
        return known.python or sys.executable
    if configured:
        path = root / configured  # an absolute path stays as it is
        return str(path / "bin" / "python") if path.is_dir() else str(path)
    beside = root / ".venv" / "bin" / "python"
    return str(beside) if beside.is_file() else sys.executable


def runnable(python: str) -> str:
    """Return the interpreter to start for the project's: in a container, that of its image."""
    return sys.executable if os.environ.get(CONTAINER) else python
