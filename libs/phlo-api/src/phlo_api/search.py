"""Finding things by a few of their letters, in their order."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from phlo_api.checks import all_checks
from phlo_api.models.home import Hit, Hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phlo_api.models.datasets import Dataset
    from phlo_api.overview import Overview
    from phlo_api.workspace import Workspace


def search(
    workspace: Workspace,
    overview: Overview,
    datasets: Iterable[Dataset],
    words: str,
    kinds: str,
    limit: int,
) -> Hits:
    """Return what matches, the best first."""
    wanted = {kind.strip() for kind in kinds.split(",") if kind.strip()}
    found = [
        hit.model_copy(update={"score": score, "ranges": ranges})
        for hit in _everything(workspace, overview, datasets)
        if not wanted or hit.kind in wanted
        if (match := matched(words, hit.title)) is not None
        for score, ranges in (match,)
    ]
    found.sort(key=lambda hit: (-hit.score, len(hit.title), hit.title))
    return Hits(items=found[:limit], truncated=len(found) > limit)


def matched(words: str, text: str) -> tuple[float, list[tuple[int, int]]] | None:
    """Return how well letters match a text, and where; None when they do not.

    All letters must come in their order; those at the beginning of a part, and those that follow
    one another, count for more.
    """
    letters, lowered = words.lower().replace(" ", ""), text.lower()
    if not letters:
        return 0.0, []
    whole = lowered.find(letters)
    if whole >= 0:
        bonus = 3.0 if whole == 0 or not lowered[whole - 1].isalnum() else 1.0
        return len(letters) * 2 + bonus, [(whole, whole + len(letters))]
    score, place, ranges = 0.0, 0, list[tuple[int, int]]()
    for letter in letters:
        found = lowered.find(letter, place)
        if found < 0:
            return None
        follows = bool(ranges) and ranges[-1][1] == found
        begins = found == 0 or not lowered[found - 1].isalnum()
        score += 1.5 if follows else 1.2 if begins else 0.4
        ranges[-1:] = (
            [(ranges[-1][0], found + 1)] if follows else [*ranges[-1:], (found, found + 1)]
        )
        place = found + 1
    return score, ranges


def _everything(
    workspace: Workspace, overview: Overview, datasets: Iterable[Dataset]
) -> Iterator[Hit]:
    for one in datasets:
        yield Hit(
            kind="dataset",
            id=one.id,
            title=one.name,
            detail=one.description,
            href=f"/catalog/{one.id}",
            score=0,
        )
    for check in all_checks(overview):
        yield Hit(
            kind="check",
            id=check.id,
            title=f"{check.table} {check.name}",
            detail=check.status,
            href=f"/quality?check={check.id}",
            score=0,
        )
    with contextlib.suppress(Exception):  # runs that cannot be read are not found
        for run in workspace.store.runs(100):
            yield Hit(
                kind="run",
                id=run.id,
                title=run.id,
                detail=f"{run.state}, {run.selection}",
                href=f"/runs/{run.id}",
                score=0,
            )
    status = workspace.service_status().value
    for service in status.services if status else ():
        yield Hit(
            kind="service",
            id=service.name,
            title=service.name,
            detail=str(service.state),
            href=f"/services/{service.name}",
            score=0,
        )
