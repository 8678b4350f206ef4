"""A `phlo` command as a child of the runner's process, which asks now and then how it stands."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: So long one may take, in seconds.
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command."""

    code: int
    output: str
    errors: str

    @property
    def problem(self) -> str:
        """The first thing that it says is wrong."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith(("error", "{"))), "; ".join(lines))
        if said.startswith("{"):
            with contextlib.suppress(ValueError):
                told = json.loads(said)
                said = f"error[{told.get('code')}]: {told.get('message')}"
        return said or f"it ended with {self.code}"


class Command:
    """A command that works beside this process."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "phlo", *arguments, "-C", str(root), "--no-color"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"COLUMNS": "400"},
        )  # fmt: skip
        self._result: Result | None = None
        # Its pipes are read meanwhile, so that they never fill.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def result(self) -> Result | None:
        """Return what came of it, or None while it works."""
        if self._result is None and time.monotonic() - self._began > _PATIENCE:
            self.process.kill()
        return self._result

    def wait(self) -> None:
        """Wait for its end."""
        self._reader.join(_PATIENCE)

    def _read(self) -> None:
        output, errors = self.process.communicate()
        self._result = Result(self.process.returncode, output, errors)
