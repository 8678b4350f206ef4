"""Counting rows as a generator gives them, long before enough are together to be written."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.orchestration.world import StepTeller


def counted(data: Any, teller: StepTeller) -> Any:
    """Return what was given; where it is a generator, one that tells how far it is."""
    return _counted(data, teller) if inspect.isgenerator(data) else data


def _counted(items: Iterator[Any], teller: StepTeller) -> Iterator[Any]:
    rows = 0
    for item in items:
        rows += _rows_in(item)
        teller.progress(stage="reading", rows_in=rows)
        yield item


def _rows_in(item: Any) -> int:
    if hasattr(item, "num_rows"):
        return int(item.num_rows)
    is_many = isinstance(item, (list, tuple)) or hasattr(item, "columns")
    return len(item) if is_many else 1
