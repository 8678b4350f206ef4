"""Near misses: "did you mean 'environment'?"."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def edits(a: str, b: str, *, limit: int = 2) -> int:
    """Return the Damerau-Levenshtein distance (a swap costs one), or `limit + 1` when larger.

    Args:
        a: One word.
        b: The other word.
        limit: Distances above it are not told apart.
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        before_last, last = last, row
    return min(last[-1], limit + 1)


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Return the known names a person may have meant, best first: two edits or a ratio of 0.6."""
    scored = []
    for candidate in sorted(set(known)):
        distance = edits(name.lower(), candidate.lower())
        ratio = difflib.SequenceMatcher(None, name.lower(), candidate.lower()).ratio()
        if distance <= 2 or ratio >= 0.6:
            scored.append((distance, -ratio, candidate))
    return tuple(candidate for *_, candidate in sorted(scored)[:most])


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return "did you mean 'a' or 'b'?", or None when nothing is near."""
    close = nearest(name, known)
    return f"did you mean {' or '.join(repr(c) for c in close)}?" if close else None
