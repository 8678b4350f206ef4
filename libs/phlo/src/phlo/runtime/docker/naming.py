"""The Compose name of a project: its own, also where another folder has a project of that name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.runtime.docker.engine import PROJECT

if TYPE_CHECKING:
    from phlo.runtime.docker.engine import Engine


def own_name(engine: Engine, name: str, root: Path) -> str:
    """Return a name that nothing of another project bears.

    Args:
        engine: The engine.
        name: What the project would be called.
        root: Its folder.

    Raises:
        EngineGone: No engine answers.
    """
    others = [place for place in _places(engine, name) if not _is_same(place, root)]
    if not others:
        return name
    return f"{name}-{hashlib.sha256(str(root).encode()).hexdigest()[:4]}"


def _places(engine: Engine, name: str) -> set[str]:
    """Return the folders of the projects that have something of this name."""
    found: set[str] = set()
    for listing in (("ps", "-a"), ("volume", "ls"), ("network", "ls")):
        out = engine.ask(
            *listing, "--filter", f"label={PROJECT}={name}", "--format", '{{.Label "phlo.root"}}'
        )
        found.update(out.splitlines())
    return found


def _is_same(place: str, root: Path) -> bool:
    try:
        return Path(place).samefile(root) if place else False
    except OSError:
        return False
