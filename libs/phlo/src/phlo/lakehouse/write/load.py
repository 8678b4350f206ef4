"""One load: what it is called in the snapshot, whether it was seen, and trying again."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from phlo.errors.refs import CommitConflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.table.metadata import TableMetadata

    from phlo.lakehouse.write.plan import WritePlan

LOAD_ID = "phlo.load-id"
RUN_ID = "phlo.run-id"
_ATTEMPTS = 20

T = TypeVar("T")


class LoadSeen(Exception):
    """The table holds this load already."""

    def __init__(self, metadata: TableMetadata) -> None:
        super().__init__()
        self.metadata = metadata


def snapshot_properties(plan: WritePlan) -> dict[str, str]:
    """Return what a snapshot says of the load that made it."""
    given = {LOAD_ID: plan.load_id, RUN_ID: plan.run_id}
    return {name: value for name, value in given.items() if value is not None}


def refuse_seen(metadata: TableMetadata, load_id: str | None) -> None:
    """Raise LoadSeen if one of the table's snapshots says it is this load."""
    if load_id is None:
        return
    for snapshot in metadata.snapshots:
        if snapshot.summary is not None and snapshot.summary[LOAD_ID] == load_id:
            raise LoadSeen(metadata)


def trying_again(table: str, attempt: Callable[[], T]) -> T:
    """Run an attempt that commits, again and again while others commit first.

    Raises:
        CommitConflict: Others were first every time.
    """
    from pyiceberg.exceptions import (
        CommitFailedException,
        TableAlreadyExistsError,
        ValidationException,
    )

    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except (CommitFailedException, TableAlreadyExistsError, ValidationException):
            time.sleep(random.uniform(0.5, 1.5) * 0.02 * 2 ** min(number, 4))
    raise CommitConflict([table])
