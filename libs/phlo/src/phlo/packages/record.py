"""What a project's own files say of its packages, as they will be after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.config.edit import remove_service
from phlo.config.requirements import FILE, has_project, with_requirement, without_requirement
from phlo.drafts import project_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def recorded(
    root: Path | None,
    come: Iterable[tuple[str, str]] = (),
    gone: Iterable[str] = (),
    *,
    only_known: bool = False,
) -> dict[Path, str]:
    """Return pyproject.toml as it will be; nothing where there is none, or nothing changes.

    Args:
        root: The project's folder.
        come: Distributions, each with its version, that it asks for from now on.
        gone: Distributions that it does not ask for any more.
        only_known: Only those that it asked for before.

    Raises:
        CannotEdit: Its dependencies are not written as a list (PHLO-C151).
    """
    file = root / FILE if root else None
    if file is None or not file.is_file():
        return {}
    text = before = file.read_text(encoding="utf-8")
    if not has_project(text):
        return {}
    for name in gone:
        text = without_requirement(text, name)
    for name, version in come:
        if not only_known or without_requirement(text, name) != text:
            text = with_requirement(text, name, f"{name}>={version}")
    return {file: text} if text != before else {}


def without_services(root: Path | None, services: Iterable[str]) -> dict[Path, str]:
    """Return the project's files without what they say of services, those that change.

    Raises:
        CannotEdit: One cannot be changed without touching something else (PHLO-C151).
    """
    names, changed = tuple(services), {}
    for file, before in project_files(root).items():
        text = before
        for name in names:
            text = remove_service(text, file.name, name)
        if text != before:
            changed[file] = text
    return changed
