"""Writing rendered files: all or none, only those that changed, and never over a person's edit."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors import raise_all
from phlo.errors.state import EditedFile, FolderUnwritable
from phlo.runtime.atomic import sync_folder, write_beside
from phlo.runtime.state import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from phlo.model.stack import RenderedFile


#: What is mounted from here may be read by any user of a container, and by nobody outside.
_CLOSED = ".phlo/config"


@dataclass(frozen=True, slots=True)
class Written:
    """What writing did, by path."""

    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """No longer rendered, but edited by hand: left where they are."""


@dataclass(frozen=True, slots=True)
class _Plan:
    write: dict[str, RenderedFile]
    same: tuple[str, ...]
    remove: tuple[str, ...]
    keep: tuple[str, ...]


def write_files(root: Path, files: Mapping[str, RenderedFile]) -> Written:
    """Bring the generated files to what was rendered; to be called under the project's lock.

    Args:
        root: The project's folder.
        files: All generated files by their path in it.

    Raises:
        EditedFile: One was changed by hand; then nothing is written. Several come as a group.
        FolderUnwritable: The disk is full, or a folder is read-only; then nothing is changed.
    """
    record: dict[str, list[str]] = FILES.read(root).get("files", {})
    plan = _plan(root, files, record)
    final = {path: [_digest(file.text)] for path, file in files.items()}
    if not plan.write and not plan.remove and record == final:
        return Written(unchanged=plan.same)
    # Old and new content are both phlo's until all is done: a kill in between leaves no false edit.
    during = {path: sorted({*record.get(path, []), *final.get(path, [])})
              for path in {*record, *final} if path not in plan.keep}  # fmt: skip
    beside = _write_beside(root, plan.write)
    try:
        FILES.write(root, {"files": during})
        for new, path in beside.items():
            new.replace(path)
        for folder in {path.parent for path in beside.values()}:
            sync_folder(folder)
        _remove(root, plan.remove)
    except OSError as error:
        raise _unwritable(error, root) from error
    finally:
        for new in beside:
            new.unlink(missing_ok=True)
    FILES.write(root, {"files": final})
    return Written(tuple(plan.write), plan.same, plan.remove, plan.keep)


def _plan(
    root: Path, files: Mapping[str, RenderedFile], record: Mapping[str, Sequence[str]]
) -> _Plan:
    write: dict[str, RenderedFile] = {}
    errors: list[EditedFile] = []
    for path in sorted(files):
        found = _digest_of(root / path)
        if found is not None and found != _digest(files[path].text):
            if found not in record.get(path, ()):
                errors.append(EditedFile(path, is_known=path in record))
        elif found is not None and _has_mode(root / path, files[path]):
            continue
        write[path] = files[path]
    raise_all(errors)
    gone = {path: _digest_of(root / path) for path in sorted(record) if path not in files}
    return _Plan(
        write,
        tuple(path for path in sorted(files) if path not in write),
        tuple(path for path, found in gone.items() if found in record[path]),
        tuple(path for path, found in gone.items() if found and found not in record[path]),
    )


def _has_mode(path: Path, file: RenderedFile) -> bool:
    """Whether a file's permissions will do: a person may close it further, never open it."""
    return not stat.S_IMODE(path.stat().st_mode) & ~file.mode


def _write_beside(root: Path, files: Mapping[str, RenderedFile]) -> dict[Path, Path]:
    """Write all new files under other names, so that a full disk is met before anything changes."""
    done: dict[Path, Path] = {}
    try:
        for name, file in files.items():
            path = root / name
            if name.startswith(_CLOSED):
                _close(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.{os.getpid()}.new")
            done[new] = path
            write_beside(new, file.text, file.mode)
    except OSError as error:
        for new in done:
            new.unlink(missing_ok=True)
        raise _unwritable(error, root) from error
    return done


def _close(root: Path) -> None:
    """Make the folder of containers' files its owner's alone; any user in one may read them."""
    folder = root / _CLOSED
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _remove(root: Path, paths: Sequence[str]) -> None:
    for name in paths:
        (root / name).unlink(missing_ok=True)
        for folder in (root / name).parents:
            if folder == root or folder.name == ".phlo":
                break
            with suppress(OSError):  # something else is in it
                folder.rmdir()


def _unwritable(error: OSError, root: Path) -> FolderUnwritable:
    return FolderUnwritable(str(error.filename or root), error.strerror or str(error))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of(path: Path) -> Any:
    """Return the digest of a file's content; None if there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FolderUnwritable(str(path), error.strerror or str(error)) from error
