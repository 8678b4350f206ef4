"""Where a process's program is on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.runtime import CommandMissing, ProgramMissing, UnknownUser
from phlo.model.native import PROGRAM_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phlo.model.native import NativeProgram


#: Root's own cache cannot be reached by the user that a program runs as.
_SHARED = Path("/var/cache/phlo")


@dataclass(frozen=True, slots=True)
class Found:
    """The folders in which the commands of a process are looked up, and whom it runs as."""

    service: str
    folders: tuple[Path, ...]
    path: list[str] = field(default_factory=list)
    """Put before PATH."""
    environment: dict[str, str] = field(default_factory=dict)
    user: dict[str, Any] | None = None
    is_closed: bool = False
    """Whether a command must be in these folders: PATH is not searched after them."""
    root: str = ""
    """The folder of the whole program (`{program}` of its recipe)."""

    def text(self, text: str) -> str:
        """Return a text with the program's folder put in."""
        return text.replace(PROGRAM_FOLDER, self.root)

    def argv(self, command: Sequence[str]) -> list[str]:
        """Return a command with the full path of its program.

        Raises:
            CommandMissing: It is not where the program comes from.
            ProgramMissing: It is not on PATH.
        """
        if not command:
            return []
        first, *rest = map(self.text, command)
        return [first if os.sep in first else self._find(first), *rest]

    def _find(self, name: str) -> str:
        places = os.pathsep.join(str(folder) for folder in self.folders)
        if places and (found := shutil.which(name, path=places)):
            return found
        if self.is_closed:
            raise CommandMissing(self.service, name, places)
        if found := shutil.which(name):
            return os.path.abspath(found)  # noqa: PTH100 (PATH may hold relative folders)
        raise ProgramMissing(self.service, name)


def locate(program: NativeProgram, say: Callable[[str], None]) -> Found:
    """Find the program of a process, making its environment where it has one of its own.

    Args:
        program: What is to run.
        say: Told what is being done, line by line, when it takes time.

    Raises:
        ProgramMissing: It is not on PATH.
        EnvironmentFailed: Its environment cannot be made.
        DownloadFailed: It cannot be fetched.
        UnknownUser: It is to run as a user that does not exist.
    """
    kind, service = program.program.kind, program.service
    user = _user(program)
    place = _SHARED if user is not None and "PHLO_CACHE_DIR" not in os.environ else None
    if kind == "self":
        return Found(service, (Path(sys.executable).parent,), user=user)
    if kind == "path":
        name = program.program.name or program.command[0]
        found = shutil.which(name)
        if found is None:
            raise ProgramMissing(service, name, hint=program.program.hint)
        return Found(service, (Path(found).resolve().parent, Path(found).parent), user=user)
    if kind in ("venv", "wheel"):
        from phlo.runtime.native.environments import environment

        folder = environment(
            service, program.program.requirements, say, place, python=program.program.python
        )
        places = [folder / "bin"]
        if program.program.folder:
            places += folder.glob(f"lib/python*/site-packages/{program.program.folder}")
        path = [str(one) for one in reversed(places)]
        return Found(
            service, tuple(places), path, {"VIRTUAL_ENV": str(folder)}, user, is_closed=True
        )
    return _maven(program, say, place, user)


def _maven(
    program: NativeProgram,
    say: Callable[[str], None],
    place: Path | None,
    user: dict[str, Any] | None,
) -> Found:
    from phlo.runtime.native.java import java_home
    from phlo.runtime.native.maven import fetch

    service, wanted = program.service, program.program
    if wanted.at and not Path(wanted.at).is_dir():
        raise ProgramMissing(service, wanted.at, hint=f"unpack it there: {wanted.at}")
    folder = Path(wanted.at) if wanted.at else fetch(service, wanted, say, place)
    folders, variables = [folder / "bin"], {}
    if wanted.java:
        home = java_home(service, wanted.java, say, place)
        folders.append(home / "bin")
        variables = {"JAVA_HOME": str(home)}
    path = [str(one) for one in reversed(folders)]
    return Found(service, tuple(folders), path, variables, user, root=str(folder))


def _user(program: NativeProgram) -> dict[str, Any] | None:
    """Return whom a process runs as; only root can choose."""
    if program.user is None or os.geteuid() != 0:
        return None
    import grp
    import pwd

    try:
        found = pwd.getpwnam(program.user)
    except KeyError:
        raise UnknownUser(program.service, program.user) from None
    groups = [found.pw_gid, *(g.gr_gid for g in grp.getgrall() if program.user in g.gr_mem)]
    return {"uid": found.pw_uid, "gid": found.pw_gid, "groups": groups}
