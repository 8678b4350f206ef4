"""Run a program and start it again when a file changes: `python -m … --watch DIR -- COMMAND`.

Standard library only, for it runs in every environment that phlo is in.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import FrameType

_EVERY = 0.4
#: Editors write several files at once: nothing more may change for so long.
_QUIET = 0.2
_GRACE = 10.0
_LEFT_OUT = frozenset({"__pycache__", "node_modules"})

Seen = dict[str, tuple[int, int]]


def look(folders: Iterable[str]) -> Seen:
    """Return the files below folders with their times and sizes."""
    seen: Seen = {}
    for top in folders:
        for folder, below, files in os.walk(top):
            below[:] = [d for d in below if d not in _LEFT_OUT and not d.startswith(".")]
            for name in files:
                if name.startswith(".") or name.endswith((".pyc", "~")):
                    continue
                path = os.path.join(folder, name)  # noqa: PTH118 - asked every moment
                try:
                    about = os.stat(path)  # noqa: PTH116
                except OSError:
                    continue
                seen[path] = (about.st_mtime_ns, about.st_size)
    return seen


class Reloader:
    """One program, and the folders whose changes start it again."""

    def __init__(self, folders: Sequence[str], command: Sequence[str]) -> None:
        self.folders, self.command = folders, command
        self.seen = look(folders)
        self.child = subprocess.Popen(command)
        self.has_reloaded = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hand_on)

    def run(self) -> int:
        """Run until the program ends by itself or is told to; returns its exit code.

        One that was started again and failed waits for the next change: it is being worked on.
        """
        while True:
            code = self.child.poll()
            if code is not None and not self.has_reloaded:
                return code
            time.sleep(_EVERY)
            changed = self._changed()
            if changed:
                self._again(changed)

    def _changed(self) -> list[str]:
        now = look(self.folders)
        if now == self.seen:
            return []
        while True:
            time.sleep(_QUIET)
            later = look(self.folders)
            if later == now:
                break
            now = later
        pairs = self.seen.items() ^ now.items()
        self.seen = now
        return sorted({path for path, _ in pairs})

    def _again(self, changed: Sequence[str]) -> None:
        names = ", ".join(Path(path).name for path in changed[:3])
        sys.stderr.write(f"phlo: {names} changed, starting again\n")
        sys.stderr.flush()
        self.child.terminate()
        try:
            self.child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.has_reloaded = True
        self.child = subprocess.Popen(self.command)

    def _hand_on(self, number: int, frame: FrameType | None) -> None:
        """Tell the program what this was told, and end as it does."""
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                sys.exit(self.child.wait())
            except KeyboardInterrupt:
                self.child.kill()
        sys.exit(0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that stands after `--`."""
    parser = argparse.ArgumentParser(prog="reload")
    parser.add_argument("--watch", action="append", required=True)
    parser.add_argument("command", nargs="+")
    told = parser.parse_args(arguments)
    return Reloader(told.watch, told.command).run()


if __name__ == "__main__":
    sys.exit(main())
