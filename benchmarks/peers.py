"""Peers that are no dependency of ours: each in an environment of its own, made when asked for."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

_FOLDER = Path(__file__).parent / ".peers"


def peer_python(name: str, requirements: list[str], *, install: bool) -> Path | str:
    """Return the Python of a peer's environment, or why there is none."""
    python = _FOLDER / name / "bin" / "python"
    if python.exists():
        return python
    if not install:
        return f"{name} is not installed: give --install-peers"
    venv.create(_FOLDER / name, with_pip=True)
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", *requirements],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return f"{name} cannot be installed: {done.stderr.strip().splitlines()[-1:]}"
    return python


def timed(python: Path, code: str, *arguments: object) -> float:
    """Run code in a peer's environment; it prints the seconds it measured as its last line."""
    done = subprocess.run(
        [str(python), "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return float(done.stdout.strip().splitlines()[-1])
