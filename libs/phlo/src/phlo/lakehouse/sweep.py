"""Taking away what nothing names any more: after a kill, a dropped branch, a rewritten file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from phlo.lakehouse.catalog import DRAFT
from phlo.lakehouse.storage import Folder, StoredFile
from phlo.lakehouse.tables import Swept

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import timedelta

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.storage import Storage


def sweep(
    lake: Lake, *, grace: timedelta, branches: Sequence[str], leftovers: Collection[str]
) -> Swept:
    """Drop the branches, then delete every file that no metadata of any ref names."""
    if not lake.exists():
        return Swept()
    with lake.lock(exclusive=True) as alone:
        if not alone:
            return Swept(is_waiting=True)
        before = lake.catalog.standing() if branches else set()
        dropped = _drop(lake, branches)
        standing = lake.catalog.standing()
        live = _named(lake, standing)
        # What only these named is nobody's any more, however young it is.
        over = _named(lake, (before | set(leftovers)) - standing) - live
        oldest = time.time() - grace.total_seconds()
        count = size = 0
        for storage, file in _files(lake):
            if file.location in live or (file.location not in over and file.modified > oldest):
                continue
            storage.delete(file.location)
            count, size = count + 1, size + file.size
        for storage in _storages(lake):
            storage.tidy()
    return Swept(count, size, dropped)


def _drop(lake: Lake, branches: Sequence[str]) -> tuple[str, ...]:
    known = {info.name for info in lake.refs()} if branches else set()
    dropped = tuple(name for name in branches if name in known)
    for name in dropped:
        lake.drop_branch(name)
    return dropped


def _named(lake: Lake, locations: Collection[str]) -> set[str]:
    """Return every file that a table needs, its older snapshots included."""
    if not locations:
        return set()
    from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

    return manifests.named_files(locations, lake.storage.properties)


def _storages(lake: Lake) -> tuple[Storage, ...]:
    """Return where tables may be: those made before a bucket was there stay in the folder."""
    return (lake.local,) if lake.storage is lake.local else (lake.local, lake.storage)


def _files(lake: Lake) -> Iterator[tuple[Storage, StoredFile]]:
    for path in lake.folder.glob(f"{DRAFT}*"):
        status = path.stat()
        yield lake.local, StoredFile(str(path), status.st_size, status.st_mtime)
    for storage in (*_storages(lake), Folder(lake.temporary)):
        for file in storage.files():
            yield storage, file
