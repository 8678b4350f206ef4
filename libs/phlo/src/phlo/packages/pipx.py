"""Environments of pipx: what it is told to inject, it keeps when it makes one anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.packages.target import METADATA
from phlo.plugins.index import normalized
from phlo.runtime.atomic import write_atomically
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.packages.target import Target
    from phlo.plugins.wheels import Wheel


def command(*words: str) -> list[str]:
    """Return a call of pipx."""
    return ["pipx", *words]


def variables(target: Target) -> dict[str, str]:
    """Return what makes pipx find an environment, wherever it was made."""
    folder = target.prefix.parent
    return {"PIPX_HOME": str(folder.parent)} if target.is_pipx and folder.name == "venvs" else {}


def known(target: Target) -> set[str]:
    """Return the distributions that were injected into an environment of pipx; else none."""
    try:
        said = json.loads((target.prefix / METADATA).read_text(encoding="utf-8"))
        return {normalized(name) for name in said["injected_packages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def injected(target: Target, names: Iterable[str]) -> set[str]:
    """Return which of some distributions pipx is to inject.

    What came with phlo, and phlo itself, is none of those: pipx knows it as the main package.
    """
    if not target.is_pipx:
        return set()
    before = known(target)
    return {name for name in names if name in before or name not in target.distributions}


def kept_files(wheels: Iterable[Wheel]) -> list[str]:
    """Write wheels where they stay: pipx looks for them again when it makes an environment anew."""
    files = []
    for wheel in wheels:
        file = Path(cache_folder()) / "wheels" / wheel.sha256 / wheel.file
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, wheel.raw)
        files.append(str(file))
    return files
