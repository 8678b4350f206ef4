"""What would stop phlo from working on this machine, found before it does; nothing is changed."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING

from phlo.errors import PhloError
from phlo.runtime import identity, ports, state
from phlo.runtime import secrets as secrets_file
from phlo.runtime.docker.find import find as find_engine
from phlo.runtime.native import find
from phlo.runtime.native.daemon import Daemon
from phlo.runtime.native.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_OLDEST_PYTHON = (3, 11)
_LITTLE, _TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
#: 2025: a clock before it has lost its battery.
_EARLIEST = 1_735_689_600
#: A clock this far behind the project's own files was set back.
_AHEAD = 300.0
_EXTENSIONS = ("iceberg", "avro", "httpfs")


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    detail: str
    fix: str | None = None


def examine(root: Path | None, wanted: Mapping[str, int] | None = None) -> tuple[Check, ...]:
    """Return what was found, all checks in their order.

    Args:
        root: The project's folder; None outside a project.
        wanted: The ports that its services want, by `service.port`.
    """
    checks: list[Callable[[], Check]] = [_python, _platform, _clock, _supervisor, _duckdb, _docker]
    found = [check() for check in checks]
    if root is not None:
        found += _of_project(root, wanted or {})
    return tuple(found)


def _of_project(root: Path, wanted: Mapping[str, int]) -> Iterator[Check]:
    for check in (_writable, _disk, _moved, _secrets, _files_clock, _orphans):
        yield check(root)
    yield from _ports(root, wanted)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    detail = f"{version} ({sys.executable})"
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Check("python", Level.FAILURE, detail, "install Python 3.11 or later")
    return Check("python", Level.OK, detail)


def _platform() -> Check:
    if sys.platform in ("linux", "darwin"):
        return Check("platform", Level.OK, f"{sys.platform} {os.uname().machine}")
    fix = "run phlo inside WSL 2 (PHLO-R505)"
    return Check("platform", Level.FAILURE, f"phlo does not run on {sys.platform}", fix)


def _clock() -> Check:
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.time() < _EARLIEST:
        return Check("clock", Level.FAILURE, f"it says {shown}", "set the date of this machine")
    return Check("clock", Level.OK, shown)


def _supervisor() -> Check:
    if find_spec("supervisor") is None:
        fix = f"{sys.executable} -m pip install 'supervisor>=4.3'"
        return Check("supervisor", Level.FAILURE, "supervisor is not installed", fix)
    return Check("supervisor", Level.OK, "installed")


def _duckdb() -> Check:
    if find_spec("phlo_duckdb") is None:
        return Check("duckdb", Level.OK, "phlo-duckdb is not installed")
    missing = [name for name in _EXTENSIONS if find_spec(f"duckdb_extension_{name}") is None]
    if missing:
        packages = " ".join(f"duckdb-extension-{name}" for name in missing)
        detail = f"extensions are missing: {', '.join(missing)}"
        return Check("duckdb", Level.FAILURE, detail, f"{sys.executable} -m pip install {packages}")
    return Check("duckdb", Level.OK, f"with {', '.join(_EXTENSIONS)}")


def _docker() -> Check:
    # Only a note: a project without containers needs none, and one with them says so itself.
    found = find_engine(os.environ)
    if found.host is None:
        detail = f"none answers, services run as local processes; {'; '.join(found.tried)}"
        return Check("docker", Level.OK, detail)
    return Check("docker", Level.OK, f"an engine answers at {found.host}")


def _writable(root: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"x")
    except OSError as error:
        detail = f"cannot write in '{root}': {error.strerror}"
        return Check("folder", Level.FAILURE, detail, "make room, or give yourself the right")
    return Check("folder", Level.OK, f"'{root}' can be written")


def _disk(root: Path) -> Check:
    free = shutil.disk_usage(root).free
    detail = f"{free / 1024**3:.1f} GiB free"
    if free >= _LITTLE:
        return Check("disk", Level.OK, detail)
    level = Level.FAILURE if free < _TOO_LITTLE else Level.WARNING
    return Check("disk", level, detail, f"make room on the disk of '{root}'")


def _moved(root: Path) -> Check:
    try:
        identity.check_place(root)
    except PhloError as error:
        return Check("place", Level.FAILURE, error.message, error.fix.text)
    return Check("place", Level.OK, "the project is where it was first started, or is new")


def _secrets(root: Path) -> Check:
    file = root / secrets_file.FILE
    try:
        found = file.stat()
        file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Check("secrets", Level.OK, "none yet")
    except (OSError, ValueError) as error:
        fix = f"chmod 600 '{file}', and see that it is UTF-8"
        return Check("secrets", Level.FAILURE, f"'{file}' cannot be read: {error}", fix)
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Check("secrets", Level.WARNING, f"others can read them ({mode:04o})",
                     f"chmod 600 '{file}'")  # fmt: skip
    return Check("secrets", Level.OK, "closed to others")


def _files_clock(root: Path) -> Check:
    files = (root / state.FOLDER).glob("*")
    newest = max((file.stat().st_mtime for file in files), default=0.0)
    ahead = newest - time.time()
    if ahead > _AHEAD:
        detail = f"the project's state is {ahead / 60:.0f} minutes from the future"
        return Check("clock of the files", Level.WARNING, detail, "set the clock of this machine")
    return Check("clock of the files", Level.OK, "in step")


def _orphans(root: Path) -> Check:
    place = Place(root.resolve())
    if Daemon(place).client() is None and (left := find.left_over(place)):
        detail = f"{len(left)} processes of a killed supervisor: {', '.join(map(str, left))}"
        return Check("orphans", Level.WARNING, detail, "phlo services stop")
    return Check("orphans", Level.OK, "none")


def _ports(root: Path, wanted: Mapping[str, int]) -> Iterator[Check]:
    taken = ports.taken_by_others(root)
    for name, port in wanted.items():
        if holder := taken(port):
            fix = f"stop it, or choose another: --port {name.partition('.')[0]}=N"
            yield Check(f"port {port}", Level.FAILURE, f"'{name}' wants it; {holder} has it", fix)
        else:
            yield Check(f"port {port}", Level.OK, f"free for '{name}'")
