"""A snapshot: what a service kept, as a compressed archive that says what it is.

Its first member is the description, all others are the data with their owners and modes.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import tarfile
import time
import zlib
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from phlo.errors.snapshot import SnapshotFailed, SnapshotUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

FOLDER = ".phlo/snapshots"
SCHEMA = 1
#: The folder in the archive that the data is in.
DATA = "data"
_ABOUT = "phlo-snapshot.json"
_KEPT = 3
#: Room that is left on the disk whatever happens, for what else runs there.
_RESERVE = 64 * 1024**2
_LOOK_EVERY = 16 * 1024**2
#: Most of the time is the compression; higher levels win little on what databases write.
_LEVEL = 1
_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError)


@dataclass(frozen=True, slots=True)
class About:
    """What a snapshot is of."""

    service: str
    runtime: str
    """`native` or `docker`: each keeps its data in a form of its own."""
    volumes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a container: the names of its volumes in the Compose file -> their labels."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that was taken."""

    service: str
    file: str
    """Relative to the project's folder."""
    size: int


def take(root: Path, about: About, pack: Callable[[tarfile.TarFile], None]) -> Snapshot:
    """Write a snapshot; there is none until it is whole.

    Args:
        root: The project's folder.
        about: What it is of.
        pack: Adds the data to the archive.

    Raises:
        SnapshotFailed: It cannot be written, or the disk has no room for it (PHLO-X317).
    """
    folder = root / FOLDER
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    name = next(n for n in _names(about.service, moment) if not (folder / n).exists())
    part = folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with _created(part) as opened:
                _write(_Guarded(opened, folder), about, pack)
            part.rename(folder / name)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, tarfile.TarError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise SnapshotFailed(about.service, FOLDER, problem) from error
    return Snapshot(about.service, f"{FOLDER}/{name}", (folder / name).stat().st_size)


def _names(service: str, moment: str) -> Iterator[str]:
    yield f"{service}-{moment}.tar.gz"
    for number in range(2, 1000):  # of one second
        yield f"{service}-{moment}.{number}.tar.gz"


@contextmanager
def _created(file: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())


def _write(target: _Guarded, about: About, pack: Callable[[tarfile.TarFile], None]) -> None:
    # A name and a moment in the head would make equal data unequal files.
    with (
        gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        text = json.dumps({"schema": SCHEMA, **asdict(about)}).encode()
        head = tarfile.TarInfo(_ABOUT)
        head.size = len(text)
        tar.addfile(head, io.BytesIO(text))
        pack(tar)


class _Guarded(io.RawIOBase):
    """A file that is not written further when the disk becomes full: services write there, too."""

    def __init__(self, target: BinaryIO, folder: Path) -> None:
        self._target, self._folder = target, folder
        self._since = _LOOK_EVERY

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._since += len(data)
        if self._since >= _LOOK_EVERY:
            self._since = 0
            free = shutil.disk_usage(self._folder).free
            if free < _RESERVE:
                raise OSError(f"the disk has {free // 1024**2} MiB left")
        self._target.write(data)
        return len(data)


def prune(root: Path, service: str, *, apart_from: Path | None = None) -> None:
    """Remove all but the newest snapshots of a service."""
    found = [one for one in of_service(root, service) if one.resolve() != apart_from]
    for one in found[:-_KEPT]:
        with suppress(OSError):
            one.unlink()


def of_service(root: Path, service: str) -> list[Path]:
    """Return the snapshots of a service, oldest first."""
    pattern = re.compile(rf"{re.escape(service)}-\d{{8}}T\d{{6}}(?:\.(\d+))?\.tar\.gz")
    found = [
        (one.name.split(".")[0], int(match[1] or 1), one)
        for one in (root / FOLDER).glob("*.tar.gz")
        if (match := pattern.fullmatch(one.name))
    ]
    return [one for *_, one in sorted(found)]


def read(file: Path) -> About:
    """Return what a snapshot is of, once it was read whole: a damaged one is never put back.

    Raises:
        SnapshotUnusable: It is no snapshot, damaged, or of a later phlo (PHLO-X318).
    """
    try:
        with tarfile.open(file, "r|gz") as tar:
            every = iter(tar)
            about = _about(file, tar, next(every, None))
            links: set[str] = set()
            for member in every:
                _check(file, member, links)
            return about
    except _BROKEN as error:
        problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SnapshotUnusable(str(file), problem) from error


def _about(file: Path, tar: tarfile.TarFile, head: tarfile.TarInfo | None) -> About:
    opened = tar.extractfile(head) if head is not None and head.name == _ABOUT else None
    try:
        said: Any = json.loads(opened.read()) if opened else {}
        schema = said["schema"]
        if schema > SCHEMA:
            problem = f"it has the form {schema}, and this phlo knows {SCHEMA}"
            raise SnapshotUnusable(str(file), problem, command="phlo upgrade phlo")
        return About(said["service"], said["runtime"], said["volumes"])
    except (ValueError, TypeError, KeyError) as error:
        raise SnapshotUnusable(str(file), "it is no snapshot") from error


def _check(file: Path, member: tarfile.TarInfo, links: set[str]) -> None:
    """Refuse what would write outside of the data's folder; nothing that phlo wrote does."""
    is_bad = member.ischr() or member.isblk()
    for name in (member.name, member.linkname) if member.islnk() else (member.name,):
        parts = name.split("/")
        above = {"/".join(parts[:number]) for number in range(1, len(parts))}
        is_bad |= parts[0] != DATA or ".." in parts or bool(above & links)
    if is_bad or member.name in links:
        raise SnapshotUnusable(str(file), f"it holds {member.name!r}, which no snapshot does")
    if member.issym() or member.linkname in links:
        links.add(member.name)


def members(tar: tarfile.TarFile, before: str, after: str) -> Iterator[tarfile.TarInfo]:
    """Yield what lies in a folder of an archive, as lying in another one."""
    for member in tar:
        if moved := _moved(member.name, before, after):
            member.name = moved
            if member.islnk():
                member.linkname = _moved(member.linkname, before, after) or member.linkname
            yield member


def _moved(name: str, before: str, after: str) -> str | None:
    name, folder = name.strip("/"), before.strip("/")
    if name == folder:
        return after or "."
    if name.startswith(f"{folder}/"):
        return f"{after}/{name[len(folder) + 1 :]}".lstrip("/")
    return None


def copy(source: tarfile.TarFile, target: tarfile.TarFile, before: str, after: str) -> None:
    """Add what lies in a folder of one archive to another one."""
    for member in members(source, before, after):
        target.addfile(member, source.extractfile(member) if member.isreg() else None)


def known(root: Path, services: Iterable[str]) -> list[str]:
    """Return the snapshots of services, relative to the project's folder."""
    return [str(one.relative_to(root)) for name in services for one in of_service(root, name)]
