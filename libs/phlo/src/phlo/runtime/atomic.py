"""Files replaced as a whole: after a crash or on a full disk the old one is there still."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phlo.errors.state import FolderUnwritable

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file so that it is either the old one or the new one, on disk before this returns.

    Args:
        path: The file; its folder must be there.
        content: All of it.
        mode: Its permissions, from the first byte on.

    Raises:
        FolderUnwritable: The disk is full, or the folder is read-only; the old file is untouched.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        write_beside(beside, content, mode)
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FolderUnwritable(str(path), error.strerror or str(error)) from error


def write_beside(beside: Path, content: str | bytes, mode: int) -> None:
    """Write and sync a new file of exactly this mode, whatever the umask."""
    data = content.encode() if isinstance(content, str) else content
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(opened, "wb") as file:  # noqa: PTH123 (an open descriptor)
        os.fchmod(opened, mode)
        file.write(data)
        file.flush()
        os.fsync(opened)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
