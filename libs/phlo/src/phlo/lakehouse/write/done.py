"""What a write came to, before it is told as a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phlo.lakehouse.write.target import Target


@dataclass(slots=True)
class Done:
    """Counts of one write; `target` is the table as it was committed, or None if there is none."""

    target: Target | None
    added: int = 0
    updated: int = 0
    deleted: int = 0
    bytes: int = 0
    files: int = 0
    skipped: bool = False
