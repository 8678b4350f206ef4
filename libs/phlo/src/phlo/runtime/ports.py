"""Ports of this machine: whether one is free, and who has it."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any

from phlo.errors.state import ConflictError, PortInUse
from phlo.runtime.docker.published import published
from phlo.runtime.identity import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import psutil

    from phlo.errors import Where

#: Both, because a listener at one of them does not always keep the other from being bound.
_ADDRESSES = ("127.0.0.1", "0.0.0.0")
_HIGHEST = 65_535


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens at a port, as far as this user may know."""

    pid: int
    name: str
    user: str
    command: str
    since: datetime
    project: str | None = None
    """The name of the phlo project it belongs to."""
    root: str | None = None
    """The folder of that project."""

    def __str__(self) -> str:
        if self.root:
            return f"phlo project '{self.project}' ({self.root}), pid {self.pid}"
        since = self.since.astimezone().strftime("%H:%M")
        return f"{self.name} (pid {self.pid}, user {self.user}, since {since})   {self.command}"

    @property
    def stop(self) -> str:
        """The command that ends it."""
        return f"phlo -C {quote(self.root)} services stop" if self.root else f"kill {self.pid}"


def is_free(port: int, addresses: Iterable[str] = _ADDRESSES) -> bool:
    """Whether a service could listen at a port of this machine now."""
    try:
        for address in addresses:
            with socket.socket() as probe:
                _bind(probe, address, port)
    except OSError:
        return False
    return True


def _bind(probe: socket.socket, address: str, port: int) -> None:
    # A port whose last connections are still fading away is free for all that matters.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((address, port))


@contextmanager
def reserve(ports: Iterable[int]) -> Iterator[None]:
    """Hold ports, so that no other program takes them meanwhile.

    Raises:
        OSError: One of them is taken.
    """
    with ExitStack() as stack:
        for port in ports:
            held = stack.enter_context(socket.socket())
            _bind(held, "127.0.0.1", port)
            held.listen(0)  # one that only is bound keeps nobody out who reuses addresses
        yield


def next_free(first: int, taken: Iterable[int] = ()) -> int | None:
    """Return the first free port from one upwards, leaving out those that are spoken for."""
    taken = set(taken)
    ports = range(first, min(first + 1000, _HIGHEST))
    return next((port for port in ports if port not in taken and is_free(port)), None)


def holder(port: int) -> Holder | None:
    """Return who listens at a port; None if nobody does, or this user may not know."""
    import psutil

    pid = _pid_at(port)
    if pid is None:
        return None
    with suppress(psutil.Error, OSError):
        return _describe(psutil.Process(pid))
    return None


def taken_by_others(root: Path) -> Callable[[int], str | None]:
    """Return what tells who has a port, and None where it is free or a service of this project's.

    Args:
        root: The project's folder.
    """
    own = cache(lambda: frozenset(_own_pids(root)))
    containers = cache(published)
    former = cache(lambda: _former(root))

    def taken(port: int) -> str | None:
        if is_free(port):
            return None
        pid = _pid_at(port)
        if pid is not None and pid in own():
            return None
        if publisher := containers().get(port):
            return None if publisher.is_of(root, former()) else str(publisher)
        found = holder(port)
        return str(found) if found else "a program of another user"

    return taken


def _former(root: Path) -> str | None:
    """Return where the project was first started: it may have been moved since."""
    with suppress(ConflictError):
        found = known(root)
        return found.root if found else None
    return None


def _own_pids(root: Path) -> Iterator[int]:
    from phlo.runtime.native import find
    from phlo.runtime.native.place import Place

    place = Place(root.resolve())
    if mark := place.mark:
        roots = dict(find.recorded(place, mark))
        yield from roots
        yield from find.below(roots)


def in_use(port: int, *, needed_by: str, where: Where | None = None) -> PortInUse:
    """Return the error that names who has a port."""
    found = published().get(port) or holder(port)
    return PortInUse(
        port, needed_by=needed_by, holder=str(found) if found else None,
        stop=found.stop if found else None, free=next_free(port + 1),
        where=where,
    )  # fmt: skip


def _pid_at(port: int) -> int | None:
    import psutil

    try:
        connections = [(c.pid, c.laddr, c.status) for c in psutil.net_connections("tcp")]
    except psutil.AccessDenied:  # macOS lets only root see all of them
        connections = list(_connections_of_own_processes())
    for pid, address, status in connections:
        if pid and address and address.port == port and status == psutil.CONN_LISTEN:
            return pid
    return None


def _connections_of_own_processes() -> Iterator[tuple[int, Any, str]]:
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            for c in process.net_connections("tcp"):
                yield process.pid, c.laddr, c.status


def _describe(process: psutil.Process) -> Holder:
    import psutil

    command = ""
    with suppress(psutil.Error, OSError):
        command = " ".join(process.cmdline())[:200]
    since = datetime.fromtimestamp(process.create_time(), UTC)
    who = (process.pid, process.name(), process.username(), command, since)
    # Some wipe their environment, as Postgres does; the shim above them does not.
    for one in [process, *process.parents()]:
        with suppress(psutil.Error, OSError):
            said = one.environ()
            if root := said.get("PHLO_NATIVE_ROOT"):
                return Holder(*who, said.get("PHLO_PROJECT") or os.path.basename(root), root)  # noqa: PTH119
    return Holder(*who)
