"""Find the project: `-C`, else `PHLO_PROJECT_DIR`, else the nearest phlo.yaml upward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.config import NoProject

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_FILE = "phlo.yaml"


def find_project(start: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the project's folder.

    Args:
        start: The folder given by `-C`, if any; then it must hold a phlo.yaml itself.
        environ: The process environment.

    Raises:
        NoProject: There is no phlo.yaml (PHLO-C101).
    """
    for given, source in ((start, "-C"), (environ.get("PHLO_PROJECT_DIR"), "PHLO_PROJECT_DIR")):
        if given:
            folder = Path(given).expanduser().absolute()
            if not (folder / PROJECT_FILE).is_file():
                raise NoProject(str(folder), explicit=source)
            return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise NoProject(str(here))
