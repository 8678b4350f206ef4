"""Whose process is it? What is left of this project's services, by four rules together.

A recorded pid with its start; a mark in the environment; a lock that is inherited; a descendant of
any of these. Each alone misses some: Postgres' children leave the session and wipe their
environment, a daemon forks twice, a killed shim's record is ten seconds old.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.orchestration.process import identity
from phlo.runtime.native import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phlo.runtime.native.place import Place

MARK = "PHLO_NATIVE_ALIVE"
Processes = dict[int, str]
"""Pids, each with what tells the process apart from a later one with its pid."""


def left_over(place: Place) -> Processes:
    """Return all processes of the project's services but this one and those it descends from."""
    mark = place.mark
    if mark is None:
        return {}
    found = dict(recorded(place, mark))
    for pid in [*_marked(mark), *_holders(place.alive)]:
        if start := identity(pid):
            found.setdefault(pid, start)
    found |= below(found)
    for pid in [os.getpid(), *_ancestors()]:
        found.pop(pid, None)
    return found


def recorded(place: Place, mark: str) -> Iterator[tuple[int, str]]:
    """Yield the living processes that shims have written down in this very folder."""
    for state in states.read_all(place).values():
        if state.mark == mark:
            for process in (state.shim, state.child, *state.tree):
                if process is not None and identity(process[0]) == process[1]:
                    yield process


def below(roots: Iterable[int]) -> Processes:
    """Return the descendants of processes."""
    children = _children()
    found: Processes = {}
    nearest = list(roots)
    while nearest:
        nearest = [child for pid in nearest for child in children.get(pid, ())]
        found |= {pid: start for pid in nearest if (start := identity(pid))}
    return found


def _children() -> dict[int, list[int]]:
    import psutil

    children: dict[int, list[int]] = {}
    for process in psutil.process_iter(["ppid"]):
        children.setdefault(process.info["ppid"], []).append(process.pid)
    return children


def _ancestors() -> list[int]:
    import psutil

    return [process.pid for process in psutil.Process().parents()]


def _marked(mark: str) -> Iterator[int]:
    """Yield the processes whose environment says that they belong here."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark:
                yield process.pid


def _holders(lock: Path) -> Iterator[int]:
    """Yield the processes that have the lock of the living open."""
    if sys.platform != "linux":
        yield from _holders_by_psutil(lock)
        return
    wanted = lock.stat()
    for entry in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 (names are enough)
        with suppress(OSError), os.scandir(f"/proc/{entry}/fd") as opened:
            if any(_is_same(file, wanted) for file in opened):
                yield int(entry)


def _is_same(entry: os.DirEntry[str], wanted: os.stat_result) -> bool:
    with suppress(OSError):
        found = Path(entry.path).stat()
        return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
    return False


def _holders_by_psutil(lock: Path) -> Iterator[int]:
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(file.path == str(lock) for file in process.open_files()):
                yield process.pid
