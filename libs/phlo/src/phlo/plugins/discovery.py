"""Step 1, discover: which packages are installed, without importing any of them.

Reads `*.dist-info/entry_points.txt` in the folders of `sys.path` by itself:
`importlib.metadata` costs four times as much (docs/decisions/0010).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.plugins.groups import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KINDS = (".dist-info", ".egg-info")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry point seen in the environment, not yet loaded."""

    name: str
    distribution: str
    version: str
    target: str
    """`phlo_trino.plugin:TrinoService`."""
    folder: str
    """The distribution's metadata folder."""

    @property
    def package(self) -> str:
        """The top-level import package."""
        return self.target.partition(":")[0].partition(".")[0].strip()


def discover(path: Iterable[str] | None = None, group: str = SERVICES) -> tuple[Found, ...]:
    """Return the entry points of a group, sorted by name.

    Args:
        path: Where to look; `sys.path` if not given.
        group: The group.
    """
    found: list[Found] = []
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path if path is None else path):
        for entry in _metadata_folders(folder or "."):
            distribution, version = _named(entry)
            # As in an import, what comes first on the path hides what comes later.
            if distribution not in seen:
                seen.add(distribution)
                found += _entries(entry, distribution, version, group)
    return tuple(sorted(found, key=lambda f: (f.name, f.distribution)))


def _metadata_folders(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.name.endswith(_KINDS))
    except OSError:  # a zip file, a folder that is gone or closed to us
        return
    for name in names:
        yield os.path.join(folder, name)  # noqa: PTH118 - pathlib costs more than the scan itself


def _named(entry: str) -> tuple[str, str]:
    """Return the distribution's name and version from the name of its metadata folder."""
    stem = entry.rpartition(os.sep)[2].rpartition(".")[0]
    name, _, version = stem.partition("-")
    return name.replace("_", "-").lower(), version or "unknown"


def _entries(entry: str, distribution: str, version: str, group: str) -> Iterator[Found]:
    try:
        # As bytes first: most packages have no entry of ours, and need no decoding.
        with open(f"{entry}/entry_points.txt", "rb") as file:  # noqa: PTH123
            raw = file.read(1_000_000)
    except OSError:
        return
    if group.encode() not in raw:
        return
    section = ""
    for line in raw.decode("utf-8", "replace").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[] ")
        elif section == group and "=" in text:
            name, _, target = text.partition("=")
            target = target.partition("[")[0].strip()
            yield Found(name.strip(), distribution, version, target, entry)
