"""Lists in pages: a cursor says where the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from phlo_api import ids
from phlo_api.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def window(items: Sequence[T], limit: int, cursor: str | None) -> tuple[list[T], str | None]:
    """Return a page of a list, and the cursor of the next one.

    Raises:
        BadRequest: The cursor is none of ours.
    """
    start = 0
    if cursor is not None:
        found = ids.decode(cursor)
        if found is None or not found[0].isascii() or not found[0].isdigit():
            raise BadRequest("the cursor is not one that the API gave")
        start = int(found[0])
    page = list(items[start : start + limit])
    end = start + len(page)
    return page, ids.encode(str(end)) if end < len(items) else None
