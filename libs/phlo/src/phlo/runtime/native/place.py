"""Where the native runtime keeps its files: `.phlo/native` and `.phlo/logs`."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.state import FolderUnwritable
from phlo.runtime.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHIM = Path(__file__).with_name("shim.py")


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one project's local processes.

    A name that begins with `_` cannot be a service's, so `_run` never meets a service's home.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """The folder supervisord and the shims work in."""
        return self.root / ".phlo" / "native"

    @property
    def run(self) -> Path:
        """What only the runtime reads and writes."""
        return self.folder / "_run"

    @property
    def conf(self) -> Path:
        """The configuration of supervisord."""
        return self.folder / "supervisord.conf"

    @property
    def daemon_log(self) -> Path:
        """The log of supervisord itself."""
        return self.folder / "supervisord.log"

    @property
    def definitions(self) -> Path:
        """What each shim is told."""
        return self.run / "definitions"

    @property
    def states(self) -> Path:
        """What each shim says."""
        return self.run / "states"

    @property
    def alive(self) -> Path:
        """The file that every process of a service holds locked."""
        return self.run / "alive.lock"

    @property
    def logs(self) -> Path:
        """What the services print."""
        return self.root / ".phlo" / "logs"

    def home(self, service: str) -> Path:
        """Return the folder that a service keeps its own files in (`{home}` of its recipe)."""
        return self.folder / service

    def log(self, name: str) -> Path:
        """Return the log of a process."""
        return self.logs / f"{name}.log"

    @property
    def mark(self) -> str | None:
        """What names this folder as no copy of it is named; None while nothing was started."""
        try:
            stat = self.alive.stat()
        except OSError:
            return None
        return f"{stat.st_dev}:{stat.st_ino}"

    def make(self) -> None:
        """Make the folders, and put the shim and its interpreter there.

        The interpreter is a link and the shim a copy, so that supervisord's configuration holds no
        path of the user's: it expands `%` and cuts at ` ;` whatever the quoting.

        Raises:
            FolderUnwritable: The disk is full, or the folder is read-only.
        """
        with _told(self.folder):
            # Not closed to others: a service that runs as another user must reach its home in it.
            self.folder.mkdir(parents=True, exist_ok=True)
            for private in (self.run, self.definitions, self.states, self.logs):
                private.mkdir(mode=0o700, exist_ok=True)
            self.alive.touch(mode=0o600)
            _link(self.run / "python", _interpreter())
            shim = self.run / "shim.py"
            if not shim.exists() or shim.read_bytes() != _SHIM.read_bytes():
                write_atomically(shim, _SHIM.read_bytes(), mode=0o600)

    def forget(self, name: str) -> None:
        """Remove what is kept of a process that is no longer there, but not its log."""
        with _told(self.folder):
            (self.definitions / f"{name}.json").unlink(missing_ok=True)
            (self.states / f"{name}.json").unlink(missing_ok=True)


def _interpreter() -> str:
    # Not the link in a virtual environment: a link to that one finds no pyvenv.cfg beside itself.
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _link(link: Path, target: str) -> None:
    if link.is_symlink() and os.readlink(link) == target:  # noqa: PTH115
        return
    beside = link.with_name(f"{link.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise FolderUnwritable(str(place), error.strerror or str(error)) from error
