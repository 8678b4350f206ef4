"""Where a request is answered: one ref of the lake, for one consumer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.errors.lake import TagIsFixed
from phlo.lakehouse import branch, catalog
from phlo.lakehouse.rest.http import DELEGATION
from phlo.lakehouse.rest.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.files import CatalogFiles
    from phlo.lakehouse.rest.http import Request
    from phlo.lakehouse.storage import Storage

_DEFAULT, _OVERRIDE = "table-default.", "table-override."


def _nothing(_consumer: str) -> Mapping[str, str]:
    return {}


def keys_of(storage: Storage) -> dict[str, str]:
    """Return how a lake's storage is reached, by the names that every client knows.

    pyiceberg's are the storage's own; Java's clients and DuckDB have others for some.
    """
    found = {k: v for k, v in storage.properties.items() if not k.endswith("-timeout")}
    if "s3.region" in found:
        found["client.region"] = found["s3.region"]
        is_virtual = found.get("s3.force-virtual-addressing") == "true"
        found["s3.path-style-access"] = "false" if is_virtual else "true"
    return found


@dataclass(frozen=True)
class Terms:
    """What a catalog tells its clients, and gives their tables."""

    properties: Mapping[str, str] = field(default_factory=dict)
    """Told by `v1/config`; `table-default.X` and `table-override.X` go into new tables."""
    storage_properties: Callable[[str], Mapping[str, str]] = _nothing
    """How a consumer reaches the files: its keys of the object store; nothing for a folder."""

    def of_new_table(self, said: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
        """Return a new table's properties: the lake's, then those told here, then the client's."""
        return {
            **own,
            **self._beginning(_DEFAULT),
            **said,
            **self._beginning(_OVERRIDE),
        }

    def keys_for(self, request: Request, consumer: str) -> Mapping[str, str]:
        """Return how a consumer reaches the files, if its request asks to be told."""
        if "vended-credentials" not in request.headers.get(DELEGATION, ""):
            return {}
        return self.storage_properties(consumer)

    def _beginning(self, prefix: str) -> dict[str, str]:
        return {
            key.removeprefix(prefix): value
            for key, value in self.properties.items()
            if key.startswith(prefix)
        }


@dataclass(frozen=True)
class Place:
    """One ref of a lake, as one consumer asks for it."""

    lake: Lake
    files: CatalogFiles
    ref: str
    keys: Mapping[str, str]
    """How the consumer reaches the files, if it wants to be told."""
    terms: Terms

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Give the rows of the ref.

        Raises:
            UnknownRef: There is no such ref.
        """
        self.lake.create()
        with catalog.reading(self.lake.catalog_file) as connection:
            branch.require(connection, self.ref)
            yield Rows(connection, self.ref)

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        """Give the rows of the ref in one transaction: all of it is kept, or nothing.

        Raises:
            UnknownRef: There is no such ref.
            TagIsFixed: It is a tag.
        """
        self.lake.create()
        with catalog.writing(self.lake.catalog_file) as connection:
            branch.require(connection, self.ref)
            if self.ref in branch.tags(connection):
                raise TagIsFixed(self.ref)
            yield Rows(connection, self.ref)
