"""Where a process's program is on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.runtime import CommandMissing, NotSupportedYet, ProgramMissing, UnknownUser

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

    def argv(self, command: Sequence[str]) -> list[str]:
        """Return a command with the full path of its program.

        Raises:
            CommandMissing: It is not where the program comes from.
            ProgramMissing: It is not on PATH.
        """
        if not command:
            return []
        first, *rest = command
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
        NotSupportedYet: It comes in a way that is not supported yet.
        UnknownUser: It is to run as a user that does not exist.
    """
    kind, service = program.program.kind, program.service
    user = _user(program)
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

        place = _SHARED if user is not None and "PHLO_CACHE_DIR" not in os.environ else None
        folder = environment(service, program.program.requirements, say, place)
        places = [folder / "bin"]
        if program.program.folder:
            places += folder.glob(f"lib/python*/site-packages/{program.program.folder}")
        path = [str(one) for one in reversed(places)]
        return Found(
            service, tuple(places), path, {"VIRTUAL_ENV": str(folder)}, user, is_closed=True
        )
    raise NotSupportedYet(service, kind)


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
