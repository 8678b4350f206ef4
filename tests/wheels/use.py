"""Use the installed wheels as a new user does: the demo twice, then an own project.

Run by the Python of a clean environment; nothing of the checkout is on its path.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PHLO = Path(sys.executable).with_name("phlo")


def phlo(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a command with `--json`; it must succeed."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PHLO_", "PYTHONPATH"))}
    done = subprocess.run(
        [str(PHLO), *arguments, "--json"], cwd=folder, env=environ,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"phlo {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def demo(folder: Path) -> None:
    """Run the demo, run it again, end it; nothing stays."""
    first = phlo(folder, "demo", "--no-open")
    assert first["rows"]["flights"] == 336_776, first["rows"]
    assert {one["state"] for one in first["services"]} == {"healthy", "embedded"}
    print("demo:", ", ".join(f"{part} {s:.1f} s" for part, s in first["seconds"].items()))
    phlo(folder, "demo", "--no-open")
    phlo(folder, "demo", "--stop")
    assert list(folder.iterdir()) == [], "--stop deletes the folder"


def project(folder: Path) -> None:
    """Make a project, start it, fill it, ask it, stop it."""
    phlo(folder, "init", "lake")
    lake = folder / "lake"
    started = phlo(lake, "services", "start")
    assert {one["state"] for one in started["services"]} == {"healthy", "embedded"}
    phlo(lake, "materialize")
    assert phlo(lake, "query", "select count(*) from raw.orders")["rows"] == [[4]]
    phlo(lake, "services", "stop")


def main() -> None:
    """Use everything once."""
    with tempfile.TemporaryDirectory() as folder:
        demo(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder))
    print("the wheels work")


if __name__ == "__main__":
    main()
