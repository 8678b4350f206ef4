"""The catalog's own files: metadata of tables and views, read and written where the lake is."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from phlo.errors.data import LakeMoved
from phlo.errors.rest import LocationRefused, RequestNotUnderstood
from phlo.lakehouse.catalog import refusals_told
from phlo.lakehouse.rest.names import folder_name
from phlo.lakehouse.storage import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.lakehouse.rest.rows import Name


class CatalogFiles(Protocol):
    """What the catalog needs of the place where the lake's files are."""

    def read(self, location: str) -> bytes:
        """Return a metadata file.

        Raises:
            LakeMoved: It is not there.
            LocationRefused: It is not in the lake.
        """
        ...

    def write(self, location: str, content: bytes) -> None:
        """Write a new metadata file.

        Raises:
            LocationRefused: It is not in the lake.
        """
        ...

    def delete(self, locations: Iterable[str]) -> None:
        """Delete files of the lake; those elsewhere, and those that are gone, are left."""
        ...

    def prepare(self, location: str) -> None:
        """Make the folders that engines expect to find in a table's folder."""
        ...

    def namespace_location(self, namespace: Sequence[str]) -> str:
        """Return the folder of a namespace."""
        ...

    def table_location(self, name: Name) -> str:
        """Return a folder for a new table, its own even if the name was used before."""
        ...

    def checked(self, location: object) -> str:
        """Return a table's location as it is kept.

        Raises:
            LocationRefused: It is not in the lake.
        """
        ...


class LocalFiles:
    """A lake in a folder of this machine."""

    def __init__(self, warehouse: Path, also: Sequence[Path] = ()) -> None:
        self._warehouse = warehouse
        self._roots = tuple(Path(os.path.realpath(root)) for root in (warehouse, *also))

    def read(self, location: str) -> bytes:
        """Return a metadata file."""
        try:
            return self._path(location).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise LakeMoved(location, location) from error

    def write(self, location: str, content: bytes) -> None:
        """Write a new metadata file; one that is there is never replaced."""
        path = self._path(location)
        with refusals_told(self._warehouse):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)

    def delete(self, locations: Iterable[str]) -> None:
        """Delete files of the lake."""
        for location in locations:
            try:
                self._path(location).unlink(missing_ok=True)
            except (LocationRefused, OSError):
                continue

    def prepare(self, location: str) -> None:
        """Make `data/` and `metadata/`, without which DuckDB's COPY fails."""
        with refusals_told(self._warehouse):
            for name in ("data", "metadata"):
                (self._path(location) / name).mkdir(parents=True, exist_ok=True)

    def namespace_location(self, namespace: Sequence[str]) -> str:
        """Return the folder of a namespace."""
        return _address(self._warehouse.joinpath(*map(folder_name, namespace)))

    def table_location(self, name: Name) -> str:
        """Return a folder for a new table."""
        folder = self._warehouse.joinpath(*map(folder_name, name.namespace))
        return _address(folder / f"{folder_name(name.name)}-{uuid.uuid4().hex[:12]}")

    def checked(self, location: object) -> str:
        """Return a table's location without the slash at its end."""
        if not isinstance(location, str) or not location:
            raise RequestNotUnderstood("A location must be a text that is not empty")
        self._path(location)
        return location.rstrip("/")

    def _path(self, location: str) -> Path:
        if "\0" in location or (":" in location.split("/")[0] and not location.startswith("file:")):
            raise LocationRefused(location)
        try:
            path = Path(os.path.realpath(path_of(location)))
        except (ValueError, OSError) as error:
            raise LocationRefused(location) from error
        if not any(path.is_relative_to(root) and path != root for root in self._roots):
            raise LocationRefused(location)
        return path


def _address(path: Path) -> str:
    """Return a path as a `file:` address where it can be one (Trino wants that), else plain."""
    return path.as_uri() if quote(str(path)) == str(path) else str(path)
