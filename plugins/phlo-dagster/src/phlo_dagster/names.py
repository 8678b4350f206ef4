"""Names as Dagster takes them; `definitions` says the same, where there is no phlo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def op_name(table: str) -> str:
    """Return a table's name as Dagster takes names."""
    return re.sub(r"\W", "_", table.replace(".", "__"))


def schedule_name(table: str) -> str:
    """Return the name of an asset's schedule."""
    return f"{op_name(table)}__schedule"


def table_of(path: Sequence[str]) -> str:
    """Return the table of an asset's key."""
    return ".".join(path)
