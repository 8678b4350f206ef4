"""Where the files of tables are: a folder of this machine, or a bucket (see `bucket`)."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote, urlparse

from phlo.errors.data import LakeUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.errors.data import DataError


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file as its storage lists it."""

    location: str
    """As `key_of` gives it."""
    size: int
    modified: float
    """Seconds since the epoch, by the storage's clock."""


class Storage(Protocol):
    """What holds the files of tables."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    @property
    def properties(self) -> Mapping[str, str]:
        """What pyiceberg reads and writes it with: addresses and keys."""
        ...

    def holds(self, location: str) -> bool:
        """Whether a location is one of its kind."""
        ...

    def new_location(self, namespace: str, name: str) -> str:
        """Return a folder for a new table, its own even if the name was used before."""
        ...

    def read(self, location: str) -> bytes:
        """Return a file's bytes.

        Raises:
            FileNotFoundError: It is not there.
            PhloError: The storage cannot be reached.
        """
        ...

    def files(self) -> Iterator[StoredFile]:
        """Yield every file."""
        ...

    def delete(self, location: str) -> None:
        """Take a file away; one that is gone already is fine."""
        ...

    def tidy(self) -> None:
        """Take away what is left of folders without files."""
        ...

    def refused(self, problem: str) -> DataError:
        """Return what to tell when it takes no file."""
        ...

    def is_refusal(self, error: BaseException) -> bool:
        """Whether an error that is known only by its text is this storage's."""
        ...


class Folder:
    """Files in a folder of this machine."""

    properties: Mapping[str, str] = {}

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.path)

    def holds(self, location: str) -> bool:
        """Whether a location is a path or a `file:` address."""
        return is_local(location)

    def new_location(self, namespace: str, name: str) -> str:
        """Return a folder for a new table.

        A `file:` address where the path can be one, since Trino wants it, else the plain path.
        """
        folder = self.path / namespace / f"{name}-{uuid.uuid4().hex[:12]}"
        return folder.as_uri() if quote(str(folder)) == str(folder) else str(folder)

    def read(self, location: str) -> bytes:
        """Return a file's bytes."""
        return path_of(location).read_bytes()

    def files(self) -> Iterator[StoredFile]:
        """Yield every file below the folder."""
        for path in self.path.rglob("*"):
            if path.is_file():
                status = path.stat()
                yield StoredFile(str(path), status.st_size, status.st_mtime)

    def delete(self, location: str) -> None:
        """Delete a file."""
        path_of(location).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove empty folders."""
        folders = sorted((p for p in self.path.rglob("*") if p.is_dir()), reverse=True)
        for path in folders:
            with suppress(OSError):  # not empty
                path.rmdir()

    def refused(self, problem: str) -> DataError:
        """Return that the folder cannot be written."""
        return LakeUnwritable(self.place, problem)

    def is_refusal(self, error: BaseException) -> bool:
        """Return False: an error of a folder says which file."""
        return False


def is_local(location: str) -> bool:
    """Whether a location is a path or a `file:` address."""
    return "://" not in location or location.startswith("file:")


def path_of(location: str) -> Path:
    """Return the path of a location, which may be a `file:` address."""
    if location.startswith("file:"):
        return Path(unquote(urlparse(location).path))
    return Path(location)


def key_of(location: str) -> str:
    """Return one text for a file, however its location is written."""
    return str(path_of(location)) if is_local(location) else location
