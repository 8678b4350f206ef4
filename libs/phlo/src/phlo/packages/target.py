"""The Python environment that packages are installed into, and what is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.config.project_file import load_project
from phlo.errors.package import EnvironmentClosed
from phlo.orchestration.python import project_python
from phlo.plugins.discovery import discover
from phlo.plugins.index import normalized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.plugins.discovery import Found

#: What pipx keeps of an environment, in it.
METADATA = "pipx_metadata.json"
_ASK = """
import json, os, sys, sysconfig
paths = sysconfig.get_paths()
closed = os.path.join(paths["stdlib"], "EXTERNALLY-MANAGED")
print(json.dumps({
    "prefix": sys.prefix, "libraries": sorted({paths["purelib"], paths["platlib"]}),
    "path": [p for p in sys.path if p], "scripts": paths["scripts"],
    "version": "%d.%d.%d" % sys.version_info[:3],
    "closed": sys.prefix == sys.base_prefix and os.path.exists(closed),
}))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution of an environment."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    is_editable: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """An environment."""

    python: str
    prefix: Path
    path: tuple[str, ...]
    """Where it finds packages."""
    libraries: tuple[Path, ...]
    """The folders that packages are installed into."""
    scripts: Path
    version: str
    is_closed: bool
    """The system looks after it (PEP 668)."""
    place: str
    """Its name for a person."""
    distributions: Mapping[str, Installed] = field(default_factory=dict)

    @property
    def is_pipx(self) -> bool:
        """Tell whether pipx looks after it."""
        return (self.prefix / METADATA).is_file()

    @property
    def is_uv_tool(self) -> bool:
        """Tell whether `uv tool` looks after it."""
        return (self.prefix / "uv-receipt.toml").is_file()

    @property
    def is_virtual(self) -> bool:
        """Tell whether it is a virtual environment."""
        return (self.prefix / "pyvenv.cfg").is_file()

    @property
    def is_uvx(self) -> bool:
        """Tell whether it is thrown away by uvx."""
        return any(part.startswith("archive-v") for part in self.prefix.parts)

    def services(self) -> tuple[Found, ...]:
        """Return the entry points of services."""
        return discover(self.path)


def find_target(root: Path | None) -> Target:
    """Return the environment whose packages are the project's services.

    The project's Python where phlo is installed in it, else the one that phlo runs in: there phlo
    looks for services.

    Args:
        root: The project's folder; None: there is no project.

    Raises:
        EnvironmentClosed: It cannot be asked what it is (PHLO-P326).
    """
    own = sys.executable
    python = project_python(root, _configured(root)) if root else own
    if Path(python).absolute() != Path(own).absolute():
        there = _look_at(python, root)
        if "phlo" in there.distributions:
            return there
    return _look_at(own, root)


def _configured(root: Path) -> str | None:
    import os

    return load_project(root, os.environ).python


def _look_at(python: str, root: Path | None) -> Target:
    try:
        done = subprocess.run(
            [python, "-P", "-c", _ASK], capture_output=True, text=True, timeout=60, check=True
        )
        said = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EnvironmentClosed(
            python, f"it does not run: {error}", command="python3 -m venv .venv"
        ) from error
    prefix, libraries = Path(said["prefix"]), tuple(map(Path, said["libraries"]))
    place = str(prefix)
    if root and prefix.is_relative_to(root.resolve()):
        place = str(prefix.relative_to(root.resolve()))
    return Target(
        python, prefix, tuple(said["path"]), libraries, Path(said["scripts"]), said["version"],
        said["closed"], place, _distributions(said["path"]),
    )  # fmt: skip


def _distributions(path: list[str]) -> dict[str, Installed]:
    found: dict[str, Installed] = {}
    for one in distributions(path=path):
        name = normalized(one.metadata["Name"] or "")
        origin = json.loads(one.read_text("direct_url.json") or "{}")
        found.setdefault(
            name,
            Installed(name, one.version, tuple(one.requires or ()),
                      bool(origin.get("dir_info", {}).get("editable"))),
        )  # fmt: skip
    return found
