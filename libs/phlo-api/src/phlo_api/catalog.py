"""Narrowing and sorting the list of datasets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from phlo_api.models.datasets import Facet, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo_api.models.datasets import Dataset

_SEVERITY = {
    one: number
    for number, one in enumerate(
        (
            Standing.FAILED,
            Standing.HELD_BACK,
            Standing.LATE,
            Standing.WARNING,
            Standing.RUNNING,
            Standing.SKIPPED,
            Standing.STALE,
            Standing.NEVER,
            Standing.UNKNOWN,
            Standing.OK,
        )
    )
}


def matching(one: Dataset, words: str, filters: Sequence[str]) -> bool:
    """Whether a dataset has all words, and for each kind of filter one of its values."""
    text = " ".join((one.name, one.description or "", one.owner or "", *one.tags)).lower()
    if not all(word in text for word in words.lower().split()):
        return False
    wanted: dict[str, set[str]] = {}
    for filter_ in filters:
        key, _, value = filter_.partition(":")
        wanted.setdefault(key, set()).add(value)
    values = _values(one)
    return all(values.get(key, set()) & choices for key, choices in wanted.items())


def ordered(found: Iterable[Dataset], sort: str) -> list[Dataset]:
    """Return datasets sorted; what has no value comes last, whichever the direction."""
    is_down, key = sort.startswith("-"), sort.removeprefix("-")
    by_name = sorted(found, key=lambda one: one.name)
    known = [one for one in by_name if _key(one, key) is not None]
    unknown = [one for one in by_name if _key(one, key) is None]
    return sorted(known, key=lambda one: _key(one, key), reverse=is_down) + unknown


def facets(everything: Iterable[Dataset]) -> dict[str, list[Facet]]:
    """Return what the list can be narrowed to, and how many datasets have each value."""
    counts: dict[str, Counter[str]] = {}
    for one in everything:
        for key, values in _values(one).items():
            counts.setdefault(key, Counter()).update(values)
    return {
        key: [Facet(value=v, count=n) for v, n in sorted(counter.items(), key=_often)]
        for key, counter in counts.items()
    }


def _often(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _values(one: Dataset) -> dict[str, set[str]]:
    return {
        "status": {str(one.status.overall)},
        "kind": {one.kind},
        "namespace": {one.namespace},
        "group": {one.group} if one.group else set(),
        "owner": {one.owner} if one.owner else set(),
        "tag": set(one.tags),
    }


def _key(one: Dataset, key: str) -> Any:
    values: dict[str, Any] = {
        "name": one.name,
        "status": _SEVERITY[one.status.overall],
        "rows": one.row_count.value if one.row_count else None,
        "size": one.size_bytes,
        "updated": one.last_updated,
        "owner": one.owner,
    }
    return values[key]
