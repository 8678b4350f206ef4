"""An environment as it was: put back when a change fails, or when it was killed half way."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from phlo.errors.package import EnvironmentClosed
from phlo.packages.target import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from phlo.packages.target import Target


@contextmanager
def as_it_was(target: Target) -> Iterator[None]:
    """Put the environment back when what is done inside fails, is interrupted or killed.

    A copy of its folders, of links to the same files, costs less than a second: installers write
    new files and never change one in its place. Each step is one renaming, so that a command which
    was killed at any of them leaves what the next one can put back.

    Raises:
        EnvironmentClosed: Nothing can be written there (PHLO-P326).
    """
    folders = [*target.libraries, *([target.scripts] if target.is_virtual else [])]
    folders += [target.prefix / METADATA] if target.is_pipx else []
    base = target.libraries[0].parent
    before = base / ".phlo-before"
    with _alone(target, base):
        _put_back(folders, before)  # what a killed command left
        _copy(folders, before)
        try:
            yield
        except BaseException:
            _put_back(folders, before)
            raise
        _forget(before)


@contextmanager
def _alone(target: Target, base: Path) -> Iterator[None]:
    """Wait until no other command changes this environment, whatever project it works on."""
    try:
        lock = (base / ".phlo-lock").open("w", encoding="ascii")
    except OSError as error:
        raise EnvironmentClosed(
            target.place, error.strerror or str(error), command="python3 -m venv .venv"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(folders: Sequence[Path], before: Path) -> None:
    new = before.with_name(".phlo-new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        for number, folder in enumerate(folders):
            if folder.is_dir():
                shutil.copytree(folder, new / str(number), copy_function=_link, symlinks=True)
            else:  # a file of pipx's, which writes it in its place
                shutil.copy2(folder, new / str(number))
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    new.rename(before)  # only one that is whole is ever put back


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError:  # a file system without links
        shutil.copy2(source, copy, follow_symlinks=False)


def _put_back(folders: Sequence[Path], before: Path) -> None:
    away = before.with_name(".phlo-away")
    for number, folder in enumerate(folders):
        copy = before / str(number)
        if copy.is_file():
            copy.rename(folder)
        elif copy.is_dir():
            shutil.rmtree(away, ignore_errors=True)
            if folder.is_dir():
                folder.rename(away)
            copy.rename(folder)
    shutil.rmtree(away, ignore_errors=True)
    _forget(before)


def _forget(before: Path) -> None:
    gone = before.with_name(".phlo-gone")
    shutil.rmtree(gone, ignore_errors=True)
    if before.is_dir():
        before.rename(gone)  # from here on it is no copy any more
        shutil.rmtree(gone, ignore_errors=True)
