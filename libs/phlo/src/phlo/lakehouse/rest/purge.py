"""Taking a dropped table's files away at once, but for those that another table or ref names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import PhloError

if TYPE_CHECKING:
    from phlo.lakehouse.rest.place import Place


def purge(place: Place, location: str) -> None:
    """Delete what one metadata names and no other does; the table is dropped already.

    A branch that is made from now on does not have the table, so what is looked at here is all
    that can ever name its files.
    """
    from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

    lake = place.lake
    others = lake.catalog.standing() - {location}
    try:
        files = manifests.named_files([location], lake.storage.properties)
        files -= manifests.named_files(others, lake.storage.properties)
    except (OSError, PhloError):
        return  # a part of it is gone: the sweep takes what is left, once that is mended
    place.files.delete(files)
