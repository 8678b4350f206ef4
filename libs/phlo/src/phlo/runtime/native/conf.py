"""supervisord's configuration, as text.

It holds no path and no text of the user's: those are in the definitions that the shims read,
because supervisord expands `%` and cuts at ` ;` whatever the quoting. All paths are relative to
`.phlo/native`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.state import UnsafeFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

#: supervisord binds NAME.PID first, and the kernel takes about 104 bytes.
_LONGEST = 90
#: A shim ends its tree within the grace of the service and this; then supervisord kills it.
SHIM_NEEDS = 9

_HEAD = """\
; Written by phlo; change phlo.yaml instead.
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
identifier={mark}
nodaemon=true
silent=true
logfile=./supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=./supervisord.pid
childlogdir=.
umask=022
minfds=256
minprocs=1
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command=_run/python -I -S _run/shim.py {name}
autostart=false
autorestart=true
startsecs=0
stopwaitsecs={wait}
redirect_stderr=true
stdout_logfile=../logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def render(graces: Mapping[str, float], socket: str, mark: str) -> str:
    """Return the configuration for processes and the seconds each may take to stop.

    Args:
        graces: For each process, the seconds between its stop signal and KILL.
        socket: Where supervisord listens.
        mark: What tells this project's folder apart from a copy of it.
    """
    user = "user=root\n" if os.geteuid() == 0 else ""  # without it, a warning at every start
    head = _HEAD.format(socket=socket, user=user, mark=mark)
    programs = (
        _PROGRAM.format(name=name, wait=int(graces[name]) + SHIM_NEEDS) for name in sorted(graces)
    )
    return head + "".join(programs)


def socket_path(root: Path) -> str:
    """Return the path of a project's socket, in a folder that is this user's alone.

    Raises:
        UnsafeFolder: Somebody else owns that folder, or can write there.
    """
    name = f"phlo-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}.sock"
    folder = Path(tempfile.gettempdir()) / f"phlo-{os.geteuid()}"
    if len(os.fsencode(folder / name)) > _LONGEST or " " in str(folder) or "%" in str(folder):
        folder = Path("/tmp") / f"phlo-{os.geteuid()}"
    check_private(folder)
    return str(folder / name)


def check_private(folder: Path) -> None:
    """Make a folder for this user alone, or see that it is one.

    Raises:
        UnsafeFolder: It is not.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise UnsafeFolder(str(folder), error.strerror or str(error)) from error
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFolder(str(folder), "it is not a folder")
    if found.st_uid != os.geteuid():
        raise UnsafeFolder(str(folder), "it belongs to another user")
    if found.st_mode & 0o077:
        raise UnsafeFolder(str(folder), "others can look into it")


def socket_of(conf: Path, mark: str | None) -> str | None:
    """Return the socket that the running supervisord was told of; TMPDIR may differ by now.

    In a copy of a project the file names the original's supervisord; there, none is returned.
    """
    try:
        lines = conf.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    said = dict(line.split("=", 1) for line in lines if line.startswith(("file=", "identifier=")))
    return said.get("file") if mark and said.get("identifier") == mark else None
