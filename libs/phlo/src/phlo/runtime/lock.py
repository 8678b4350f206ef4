"""The project's lock: commands that change services exclude each other, runs go side by side."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.state import FolderUnwritable, ProjectLocked
from phlo.orchestration.process import identity, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = ".phlo/state/lock"
#: What this thread or task holds, so that a step inside a locked command does not wait for itself.
_held: ContextVar[dict[Path, bool]] = ContextVar("held")  # the root -> whether exclusively
#: Open locks; a forked child gives them up at once, or it would hold them beyond the command's end.
_open: set[int] = set()


@dataclass(frozen=True, slots=True)
class Holder:
    """A command that holds the lock."""

    id: str
    pid: int
    start: str
    purpose: str
    command: str
    since: str

    def __str__(self) -> str:
        since = datetime.fromisoformat(self.since).astimezone().strftime("%H:%M:%S")
        return f"'{self.command}' (pid {self.pid}, since {since})"


@contextmanager
def project_lock(
    root: Path,
    purpose: str,
    *,
    timeout: float = 30,
    is_shared: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the lock of a project.

    Who holds it already, in this thread, goes on at once.

    Args:
        root: The project's folder.
        purpose: What for, in a few words, such as `start services`.
        timeout: Seconds to wait for others.
        is_shared: Whether others that share it may hold it at the same time.
        on_wait: Told once for whom this waits.

    Raises:
        ProjectLocked: Others still held it when the time was over.
        FolderUnwritable: The lock's file cannot be made.
    """
    root, held = root.resolve(), _held.get({})
    if root in held and (is_shared or held[root]):
        yield
        return
    opened = _open_file(root / FILE)
    _open.add(opened)
    try:
        _acquire(root, opened, timeout, is_shared, on_wait)
        me = _this(purpose)
        if not is_shared:
            os.ftruncate(opened, 0)  # what dead commands left
        _append(opened, asdict(me))
        token = _held.set({**held, root: not is_shared})
        try:
            yield
        finally:
            _held.reset(token)
            _give_up(opened, me)
    finally:
        _open.discard(opened)
        os.close(opened)


def holders(root: Path) -> tuple[Holder, ...]:
    """Return the commands that hold a project's lock."""
    try:
        lines = (root / FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    found: dict[str, Holder] = {}
    for line in lines:
        try:
            value = json.loads(line)
            if gone := value.get("gone"):
                found.pop(gone, None)
            else:
                found[value["id"]] = Holder(**value)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return tuple(one for one in found.values() if is_alive(one.pid, one.start))


def _open_file(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderUnwritable(str(error.filename or path), error.strerror or str(error)) from error


def _acquire(
    root: Path, opened: int, timeout: float, is_shared: bool, on_wait: Callable[[str], None] | None
) -> None:
    began = time.monotonic()
    while not _try(opened, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX):
        waited, found = time.monotonic() - began, holders(root)
        if waited >= timeout:
            pid = found[0].pid if found else None
            raise ProjectLocked([str(one) for one in found], waited, pid=pid)
        if on_wait is not None and (found or waited > 0.5):
            on_wait(f"waiting for {found[0] if found else 'another phlo command'}")
            on_wait = None
        time.sleep(min(0.1, timeout - waited))


def _try(opened: int, kind: int) -> bool:
    try:
        fcntl.flock(opened, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _this(purpose: str) -> Holder:
    is_phlo = Path(sys.argv[0]).name == "phlo"
    command = " ".join(["phlo", *sys.argv[1:]])[:120] if is_phlo else purpose
    since = datetime.now(UTC).isoformat(timespec="seconds")
    own = f"{os.getpid()}-{time.monotonic_ns()}"
    return Holder(own, os.getpid(), identity() or "", purpose, command, since)


def _append(opened: int, value: dict[str, Any]) -> None:
    # On a full disk the lock holds all the same; only its holder's name is lost.
    with suppress(OSError):
        os.write(opened, (json.dumps(value) + "\n").encode())


def _give_up(opened: int, me: Holder) -> None:
    # The last one out leaves an empty file; the others keep their names in it.
    if _try(opened, fcntl.LOCK_EX):
        os.ftruncate(opened, 0)
    else:
        _append(opened, {"gone": me.id})
    fcntl.flock(opened, fcntl.LOCK_UN)


def _forget_in_child() -> None:
    for opened in _open:
        os.close(opened)
    _open.clear()


os.register_at_fork(after_in_child=_forget_in_child)
