"""Taking away what nothing names any more: after a kill, a dropped branch, a rewritten file."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from phlo.lakehouse import branch, catalog
from phlo.lakehouse.tables import Swept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from phlo.lakehouse.lake import Lake


def sweep(lake: Lake, *, grace: timedelta, branches: Sequence[str]) -> Swept:
    """Drop the branches, then delete every file that no metadata of any ref names."""
    if not lake.exists():
        return Swept()
    with lake.lock(exclusive=True) as alone:
        if not alone:
            return Swept(is_waiting=True)
        dropped = _drop(lake, branches)
        live = _live(lake)
        oldest = time.time() - grace.total_seconds()
        count = size = 0
        for file in _files(lake):
            if file in live or (status := file.stat()).st_mtime > oldest:
                continue
            file.unlink()
            count, size = count + 1, size + status.st_size
        _remove_empty_folders(lake.warehouse)
    return Swept(count, size, dropped)


def _drop(lake: Lake, branches: Sequence[str]) -> tuple[str, ...]:
    with catalog.writing(lake.catalog_file) as connection:
        known = {info.name for info in branch.refs(connection)}
        dropped = tuple(name for name in branches if name in known)
        for name in dropped:
            branch.drop(connection, name)
    return dropped


def _live(lake: Lake) -> set[Path]:
    """Return every file that a table of any ref needs, its older snapshots included."""
    from phlo.lakehouse import manifests  # pyiceberg reads manifests, and costs a second

    with catalog.reading(lake.catalog_file) as connection:
        rows = connection.execute(
            "SELECT metadata_location FROM iceberg_tables UNION"
            " SELECT metadata_location FROM phlo_branch_base"
        )
        locations = [location for (location,) in rows]
    return manifests.named_files(locations)


def _files(lake: Lake) -> Iterator[Path]:
    yield from lake.folder.glob(f"{catalog.DRAFT}*")
    for folder in (lake.warehouse, lake.temporary):
        yield from (path for path in folder.rglob("*") if path.is_file())


def _remove_empty_folders(folder: Path) -> None:
    for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        with suppress(OSError):  # not empty
            path.rmdir()
