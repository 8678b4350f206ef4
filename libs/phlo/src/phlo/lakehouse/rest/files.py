"""The catalog's own files: metadata of tables and views, read and written where the lake is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.data import LakeMoved
from phlo.errors.rest import LocationRefused, RequestNotUnderstood
from phlo.lakehouse.catalog import refusals_told
from phlo.lakehouse.rest.names import folder_name
from phlo.lakehouse.storage import is_local, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.rows import Name


class CatalogFiles:
    """The files of a lake: in its folder, in its bucket, or both, one before the other.

    Nothing outside of them is read or written, whatever a client says, but the folders that
    `also` names.
    """

    def __init__(self, lake: Lake, also: Sequence[Path] = ()) -> None:
        self._lake = lake
        self._roots = tuple(Path(os.path.realpath(root)) for root in (lake.warehouse, *also))

    def read(self, location: str) -> bytes:
        """Return a metadata file.

        Raises:
            LakeMoved: It is not there.
            LocationRefused: It is not in the lake.
        """
        try:
            if is_local(location):
                return self._path(location).read_bytes()
            return self._lake.storage.read(self._in_bucket(location))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise LakeMoved(location, location) from error

    def write(self, location: str, content: bytes) -> None:
        """Write a new metadata file; one that is there is never replaced.

        Raises:
            LocationRefused: It is not in the lake.
            LakeUnwritable: The system refuses.
        """
        if not is_local(location):
            self._put(self._in_bucket(location), content)
            return
        path = self._path(location)
        with refusals_told(self._lake.warehouse):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)

    def delete(self, locations: Iterable[str]) -> None:
        """Delete files of the lake; those elsewhere, and those that are gone, are left."""
        for location in locations:
            try:
                if is_local(location):
                    self._path(location).unlink(missing_ok=True)
                else:
                    self._lake.storage.delete(self._in_bucket(location))
            except (LocationRefused, OSError):
                continue

    def prepare(self, location: str) -> None:
        """Make the folders `data/` and `metadata/`, without which DuckDB writes no files."""
        if is_local(location):
            with refusals_told(self._lake.warehouse):
                for name in ("data", "metadata"):
                    (self._path(location) / name).mkdir(parents=True, exist_ok=True)

    def namespace_location(self, namespace: Sequence[str]) -> str:
        """Return the folder of a namespace."""
        return self.table_location_of(namespace, "x").rpartition("/")[0]

    def table_location(self, name: Name) -> str:
        """Return a folder for a new table, its own even if the name was used before."""
        return self.table_location_of(name.namespace, name.name)

    def table_location_of(self, namespace: Sequence[str], name: str) -> str:
        """Return the same, of the parts of a name."""
        folder = "/".join(map(folder_name, namespace))
        return self._lake.storage.new_location(folder, folder_name(name))

    def checked(self, location: object) -> str:
        """Return a table's location as it is kept, without the slash at its end.

        Raises:
            LocationRefused: It is not in the lake.
        """
        if not isinstance(location, str) or not location:
            raise RequestNotUnderstood("A location must be a text that is not empty")
        if is_local(location):
            self._path(location)
        else:
            self._in_bucket(location)
        return location.rstrip("/")

    def _path(self, location: str) -> Path:
        try:
            path = Path(os.path.realpath(path_of(location)))
        except (ValueError, OSError) as error:
            raise LocationRefused(location) from error
        if not any(path.is_relative_to(root) and path != root for root in self._roots):
            raise LocationRefused(location)
        return path

    def _in_bucket(self, location: str) -> str:
        root = self._lake.storage.new_location("x", "x").removesuffix("/").rsplit("/", 2)[0]
        scheme, _, rest = location.partition("://")
        known, _, wanted = root.partition("://")
        same = scheme == known or {scheme, known} <= {"s3", "s3a", "s3n"}
        parts = rest.split("/")
        if not same or ".." in parts or "." in parts or not rest.startswith(f"{wanted}/"):
            raise LocationRefused(location)
        return location

    def _put(self, location: str, content: bytes) -> None:
        from pyiceberg.io.pyarrow import PyArrowFileIO

        io = PyArrowFileIO(dict(self._lake.storage.properties))
        with refusals_told(self._lake.storage), io.new_output(location).create() as file:
            file.write(content)
