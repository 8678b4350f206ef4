"""Put the files of a new project or package into a folder; nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.errors.config import AlreadyAProject, CannotCreate
from phlo.errors.package import BadPackageName, FolderTaken
from phlo.scaffold.plugin import distribution_of, plugin_files, service_name, suggested_name
from phlo.scaffold.project import project_files, with_ignored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Created:
    """A new project or package: its folder, and the files written, as paths in it."""

    root: Path
    name: str
    files: tuple[str, ...]


def create_project(folder: Path, name: str | None = None) -> Created:
    """Make a project in a folder, which is made if it is not there.

    Args:
        folder: Where; what is in it stays.
        name: The lakehouse's name; the folder's if not given.

    Raises:
        AlreadyAProject: It has a phlo.yaml (PHLO-C115).
        CannotCreate: A file or folder cannot be written (PHLO-C116).
    """
    root = folder.expanduser().absolute()
    if (root / "phlo.yaml").exists():
        raise AlreadyAProject(str(folder))
    name = name or root.resolve().name or "lakehouse"
    return Created(root, name, write_files(root, _wanted(root, project_files(name))))


def create_package(parent: Path, said: str) -> Created:
    """Make a service package in a folder of its own, below another one.

    Args:
        parent: Where that folder is made.
        said: The service's name, or its package's.

    Raises:
        BadPackageName: It cannot be the name of a service (PHLO-P320).
        FolderTaken: The folder has files already (PHLO-P322).
        CannotCreate: A file or folder cannot be written (PHLO-C116).
    """
    name = service_name(said)
    if name is None:
        raise BadPackageName(said, suggested_name(said))
    folder = parent.expanduser() / distribution_of(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(str(folder), name)
    root = folder.absolute()
    return Created(root, name, write_files(root, plugin_files(name)))


def write_files(root: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write files below a folder, and return their paths.

    Raises:
        CannotCreate: One of them cannot be written (PHLO-C116).
    """
    for path, text in files.items():
        file = root / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CannotCreate(str(file), error.strerror or str(error)) from error
    return tuple(files)


def _wanted(root: Path, files: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what the folder has: its own workflows take the place of the example."""
    has_workflows = (root / "workflows").is_dir() and any((root / "workflows").iterdir())
    wanted = {}
    for path, text in files.items():
        if path.startswith("workflows/") and has_workflows:
            continue
        if path == ".gitignore" and (root / path).is_file():
            own = (root / path).read_text(encoding="utf-8", errors="surrogateescape")
            if with_ignored(own) == own:
                continue
            text = with_ignored(own)
        # phlo.yaml comes last: a folder that has one is a project that was made whole.
        wanted[path] = text
    wanted["phlo.yaml"] = wanted.pop("phlo.yaml")
    return wanted
