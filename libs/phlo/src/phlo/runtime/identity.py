"""Which project this is: fixed at the first start; a moved or copied folder is noticed."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from phlo.errors.state import CannotLink, ProjectCopied, ProjectMoved, StateBroken
from phlo.runtime.state import PROJECT


@dataclass(frozen=True, slots=True)
class Identity:
    """What a project keeps, whatever phlo.yaml says later."""

    id: str
    root: str
    compose_name: str
    """The name of its containers and volumes: a later `name:` does not rename those."""


def identify(root: Path, compose_name: str, *, accept_move: bool = False) -> Identity:
    """Return the project's identity, which is made if this is its first start.

    Args:
        root: The project's folder.
        compose_name: What it is called if this is its first start.
        accept_move: Leave a link at the place where it was, if it was moved.

    Raises:
        ProjectMoved: It was moved, and that was not accepted.
        ProjectCopied: It is a copy of a project that is there still.
        CannotLink: The link cannot be made.
        FolderUnwritable: The disk is full, or the folder is read-only.
    """
    found = known(root)
    if found is None:
        found = Identity(uuid.uuid4().hex, str(root.resolve()), compose_name)
        PROJECT.write(root, asdict(found))
        return found
    if _is_same(found.root, root):
        return found
    _refuse_copy(found, root)
    if not accept_move:
        raise ProjectMoved(found.root, str(root.resolve()))
    _link(found.root, root.resolve())
    return found


def rename(root: Path, found: Identity, compose_name: str) -> Identity:
    """Give a project another Compose name, because something of another project bears its own.

    Raises:
        FolderUnwritable: The disk is full, or the folder is read-only.
    """
    renamed = replace(found, compose_name=compose_name)
    PROJECT.write(root, asdict(renamed))
    return renamed


def known(root: Path) -> Identity | None:
    """Return the identity that a project has already; None before its first start.

    Raises:
        StateBroken: The file is not what phlo wrote.
        StateTooNew: A later phlo wrote it.
    """
    content = PROJECT.read(root)
    if not content:
        return None
    try:
        return Identity(str(content["id"]), str(content["root"]), str(content["compose_name"]))
    except KeyError as error:
        file = str(PROJECT.path(root))
        raise StateBroken(file, f"it has no {error}", loses=PROJECT.loses) from error


def check_place(root: Path) -> None:
    """See that a project is where it was when it was first started.

    Raises:
        ProjectMoved: It was moved.
        ProjectCopied: It is a copy of a project that is there still.
    """
    found = known(root)
    if found is not None and not _is_same(found.root, root):
        _refuse_copy(found, root)
        raise ProjectMoved(found.root, str(root.resolve()))


def _is_same(old: str, root: Path) -> bool:
    try:
        return Path(old).samefile(root)
    except OSError:
        return False


def _refuse_copy(found: Identity, root: Path) -> None:
    try:
        original = known(Path(found.root))
    except (StateBroken, OSError):
        return
    if original is not None and original.id == found.id:
        raise ProjectCopied(found.root, str(root.resolve()))


def _link(old: str, new: Path) -> None:
    place = Path(old)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():  # of an earlier move, and now it leads nowhere
            place.unlink()
        place.symlink_to(new, target_is_directory=True)
    except OSError as error:
        raise CannotLink(old, str(new), error.strerror or str(error)) from error
