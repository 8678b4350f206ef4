"""The data of a service that is a local process: its home in `.phlo/native`."""

from __future__ import annotations

import os
import shutil
import tarfile
from typing import TYPE_CHECKING

from phlo.runtime.snapshots.file import DATA, members

if TYPE_CHECKING:
    from pathlib import Path


def is_empty(home: Path) -> bool:
    """Tell whether there is nothing to keep."""
    return not any(files or links for _, links, files in _walk(home))


def _walk(home: Path) -> list[tuple[str, list[str], list[str]]]:
    return [
        (folder, [one for one in inner if os.path.islink(os.path.join(folder, one))], files)  # noqa: PTH114, PTH118
        for folder, inner, files in os.walk(home)
    ]


def pack(home: Path, tar: tarfile.TarFile) -> None:
    """Add a home to an archive, with owners and modes; sockets are left out."""
    tar.add(home, DATA)


def unpack(file: Path, home: Path) -> None:
    """Put a home back as it was, in place of what is there.

    Raises:
        OSError: It cannot be written; then what was there is there still.
        tarfile.TarError: The archive is damaged.
    """
    beside, before = home.with_name(f"_{home.name}.new"), home.with_name(f"_{home.name}.old")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with tarfile.open(file, "r|gz") as tar:
            # What is in it was checked, and owners and modes are to stay as they are.
            tar.extraction_filter = lambda member, _path: member
            home.parent.mkdir(parents=True, exist_ok=True)
            tar.extractall(beside.parent, members(tar, DATA, beside.name), numeric_owner=True)
        shutil.rmtree(before, ignore_errors=True)
        if home.exists():
            home.rename(before)
        beside.rename(home)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if home.exists():
            shutil.rmtree(before, ignore_errors=True)
