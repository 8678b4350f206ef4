"""Commits: the metadata of every table is written first, then all of them move in one transaction.

A kill between the two leaves files that nothing names, which `Lake.sweep` takes; no table is ever
half changed. Whoever comes second finds that the first moved the table: then what its commit takes
for granted is looked at again, and if it still holds, the commit is made anew from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors.rest import CommitRefused, NameTaken, NotInCatalog
from phlo.lakehouse.rest import requirements, table_metadata, updates
from phlo.lakehouse.rest.values import objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.lakehouse.rest.place import Place
    from phlo.lakehouse.rest.rows import Name
    from phlo.lakehouse.rest.table_metadata import Metadata

#: Between two tries at most all other writers commit once; more of them than this is a storm.
TRIES = 20


@dataclass
class Staged:
    """A table between what it is and what a commit makes of it."""

    before: str | None
    metadata: Metadata | None
    """As it will be; None while the table is not there."""
    location: str | None = None
    """Where the new metadata was written; None when nothing changed."""


def commit(place: Place, changes: Sequence[tuple[Name, Mapping[str, Any]]]) -> dict[Name, Staged]:
    """Commit changes of tables: all of them, or with an error none.

    Raises:
        CommitRefused: A table is not as a change takes for granted.
        NameTaken: A table was to be made, and is there.
        NotInCatalog: There is no such table.
    """
    for _ in range(TRIES):
        staged = _stage(place, changes)
        try:
            _move(place, staged)
        except (CommitRefused, NameTaken):
            place.files.delete(one.location for one in staged.values() if one.location)
            continue
        except BaseException:
            place.files.delete(one.location for one in staged.values() if one.location)
            raise
        return staged
    raise CommitRefused("Others commit to this table all the time")


def require(place: Place, name: Name) -> str:
    """Return where a table's metadata is.

    Raises:
        NotInCatalog: There is no such table.
    """
    with place.reading() as rows:
        location = rows.location(name)
    if location is None:
        raise NotInCatalog("table", str(name))
    return location


def load(place: Place, name: Name) -> tuple[str, Metadata]:
    """Return where a table's metadata is, and the metadata.

    Raises:
        NotInCatalog: There is no such table.
        LakeMoved: Its metadata is not there.
    """
    location = require(place, name)
    return location, table_metadata.read(place.files.read(location), location)


def _stage(place: Place, changes: Sequence[tuple[Name, Mapping[str, Any]]]) -> dict[Name, Staged]:
    """Make every change in memory, and then write what they made."""
    staged: dict[Name, Staged] = {}
    bases: dict[Name, Metadata | None] = {}
    for name, change in changes:
        if name not in staged:
            staged[name] = _found(place, name, is_new=requirements.creates(_required(change)))
            bases[name] = staged[name].metadata
        one = staged[name]
        requirements.check(_required(change), one.metadata, name)
        is_new = one.metadata is None
        one.metadata = updates.apply(
            table_metadata.empty() if one.metadata is None else one.metadata,
            objects(change, "updates"),
            is_new=is_new,
        )
    for name, one in staged.items():
        if one.metadata is not None and one.metadata is not bases[name]:
            _write(place, one, bases[name])
    return staged


def _found(place: Place, name: Name, *, is_new: bool) -> Staged:
    try:
        return Staged(*load(place, name))
    except NotInCatalog:
        if not is_new:
            raise
        return Staged(None, None)


def _write(place: Place, one: Staged, base: Metadata | None) -> None:
    assert one.metadata is not None
    place.files.checked(one.metadata["location"])
    if base is not None and one.before is not None:
        one.metadata = table_metadata.logged(one.metadata, base, one.before)
    content = table_metadata.written(one.metadata)
    location = table_metadata.next_location(one.metadata, one.before)
    if base is None:
        place.files.prepare(one.metadata["location"])
    place.files.write(location, content)
    one.location = location


def _move(place: Place, staged: Mapping[Name, Staged]) -> None:
    with place.writing() as rows:
        for name, one in staged.items():
            if one.before is None:
                assert one.location is not None
                rows.insert(name, one.location)
            elif one.location is not None:
                rows.swap(name, one.before, one.location)
            elif rows.location(name) != one.before:
                # Only looked at, as a condition of the others: that must still hold.
                raise CommitRefused(f"{name} was changed at the same time")


def _required(change: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects(change, "requirements")
