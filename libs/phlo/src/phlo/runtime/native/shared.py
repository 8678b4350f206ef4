"""Folders of the user's cache that are made once, by whichever command needs them first."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_STAMP = ".phlo-complete"


def complete(folder: Path) -> bool:
    """Tell whether a folder was made to its end."""
    return (folder / _STAMP).exists()


@contextmanager
def made_once(folder: Path, on_wait: Callable[[], None]) -> Iterator[bool]:
    """Hold a folder while it is made; gives whether it still has to be.

    It is made where it stays, and counts only once a stamp is in it: what an interrupted command
    left is thrown away by the next one. Another command waits, and then uses it.

    Args:
        folder: The folder.
        on_wait: Called when another command makes it just now.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        if complete(folder):
            yield False
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield True
        (folder / _STAMP).touch()
