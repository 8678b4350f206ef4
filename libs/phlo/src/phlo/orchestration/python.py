"""The project's Python: `python:` of phlo.yaml, else `.venv` beside it, else this one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def project_python(root: Path, configured: str | None) -> str:
    """Return the interpreter that runs workflow files."""
    if configured:
        path = root / configured  # an absolute path stays as it is
        return str(path / "bin" / "python") if path.is_dir() else str(path)
    beside = root / ".venv" / "bin" / "python"
    return str(beside) if beside.is_file() else sys.executable
