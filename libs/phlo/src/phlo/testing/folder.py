"""A project folder for a test, and the `phlo` command in it: what a user has, nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Variables that keep a project's tables in its folder, whatever servers for them are installed.
EMBEDDED = {
    "PHLO_SET__services__lake__bind__warehouse": "none",
    "PHLO_SET__services__lake__bind__catalog": "none",
}


class ProjectFolder:
    """A folder with a phlo.yaml, files written by the test, and commands run in it.

    project = ProjectFolder(tmp_path / "lake")
    project.write("workflows/ingest.py", "...")
    assert project.phlo("materialize").returncode == 0
    """

    settings: Mapping[str, str] = EMBEDDED
    """Variables of every command."""
    python: str = sys.executable
    """The Python whose phlo it is."""
    patience = 120.0
    """Seconds: longer than any command of a test takes, on a busy machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("phlo.yaml", "name: lake\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file, its text without the indentation of the test."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a `phlo` command."""
        return subprocess.Popen(
            [self.python, "-m", "phlo", *arguments],
            cwd=self.root, env=_environment() | dict(self.settings) | environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def phlo(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a `phlo` command to its end."""
        with self.start(*arguments, **environ) as process:
            try:
                out, err = process.communicate(timeout=self.patience)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a `phlo` command with `--json` and return its object, however it exited."""
        done = self.phlo(*arguments, "--json")
        try:
            value: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"no JSON from {arguments}: {done.stdout}{done.stderr}") from None
        return value

    def rows(self, sql: str) -> list[list[Any]]:
        """Return the rows of a query, by `phlo query`."""
        rows: list[list[Any]] = self.json("query", sql)["rows"]
        return rows


def _environment() -> dict[str, str]:
    """Return this process's environment without what would point to another project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PHLO_")}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"}
