"""The ids of runs: sorted by time, short enough to type."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from phlo.errors.runs import BadRunId, RunExists

if TYPE_CHECKING:
    from phlo.orchestration.store import Store

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def new_run_id() -> str:
    """Return an id that no other run has."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def fresh_id(store: Store, wanted: str | None = None) -> str:
    """Return the id of a run to be made: the one that is wanted, or a new one.

    Raises:
        BadRunId: It cannot be an id, because it would be a part of a branch's name.
        RunExists: It is taken.
    """
    if wanted is None:
        return new_run_id()
    if not _ID.fullmatch(wanted):
        raise BadRunId(wanted)
    if store.run(wanted) is not None:
        raise RunExists(wanted)
    return wanted
