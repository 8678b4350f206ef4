"""What needs a person now: each with why, and one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api import ids, times
from phlo_api.models.base import Fix
from phlo_api.models.datasets import Standing
from phlo_api.models.home import Attention

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phlo_api.models.datasets import Dataset
    from phlo_api.models.services import Service
    from phlo_api.overview import Overview

_ORDER = {"service": 0, "workflow": 1, "run": 2, "check": 3, "freshness": 4}
_TROUBLE = {"crashed": "crashed", "failed": "does not start", "unhealthy": "is not healthy"}


def attention(
    overview: Overview, found: Iterable[Dataset], services: Iterable[Service]
) -> list[Attention]:
    """Return what needs attention, the worst first."""
    items = [*_services(services), *_workflows(overview)]
    for one in found:
        items += _dataset(overview, one)
    return sorted(items, key=lambda i: (i.severity != "error", _ORDER[i.kind], i.object))


def _services(services: Iterable[Service]) -> Iterator[Attention]:
    for one in services:
        if one.state in _TROUBLE:
            yield Attention(
                kind="service",
                severity="error",
                object=one.name,
                title=f"{one.name} {_TROUBLE[one.state]}",
                detail=one.cause,
                href=f"/services/{one.name}",
                action="See its log",
                fix=one.fix,
            )


def _workflows(overview: Overview) -> Iterator[Attention]:
    for error in overview.manifest.errors:
        fix = error.get("fix") or {}
        place = ":".join(str(error[key]) for key in ("file", "line") if error.get(key))
        yield Attention(
            kind="workflow",
            severity="error",
            object=place or "workflows",
            title=f"{place or 'A workflow file'} is broken",
            detail=str(error.get("message", "")),
            href="/catalog",
            action="Open the catalog",
            fix=[Fix(label=str(fix.get("text", "correct the file")), command=fix.get("command"))],
        )


def _dataset(overview: Overview, one: Dataset) -> Iterator[Attention]:
    step = overview.steps.get(one.name)
    stands = one.status
    if step and stands.run in (Standing.FAILED, Standing.HELD_BACK):
        is_held = stands.run is Standing.HELD_BACK
        fix = (step.error or {}).get("fix") or {}
        yield Attention(
            kind="run",
            severity="error",
            object=one.name,
            title=f"{one.name} {'was held back' if is_held else 'failed'}",
            detail=stands.reason,
            at=times.parse(step.ended_at),
            href=f"/catalog/{one.id}#checks" if is_held else f"/runs/{step.run_id}",
            action="See the checks" if is_held else "See the run",
            fix=[Fix(label=fix["text"], command=fix.get("command"))] if fix.get("text") else [],
        )
    elif stands.quality in (Standing.FAILED, Standing.WARNING):
        yield from _checks(overview, one)
    if stands.freshness in (Standing.LATE, Standing.WARNING):
        yield Attention(
            kind="freshness",
            severity="error" if stands.freshness is Standing.LATE else "warn",
            object=one.name,
            title=f"{one.name} is late",
            detail=stands.reason,
            at=one.last_updated,
            href=f"/catalog/{one.id}",
            action="See the dataset",
            fix=[Fix(label="make it again", command=f"phlo materialize {one.name}")],
        )


def _checks(overview: Overview, one: Dataset) -> Iterator[Attention]:
    """Yield one item for the checks of a dataset, however many there are."""
    asset = overview.manifest.asset(one.name)
    records = [overview.checks.get((one.name, c.name)) for c in (asset.checks if asset else ())]
    bad = [r for r in records if r and r.outcome.status in ("failed", "error", "warned")]
    if not bad:
        return
    is_error = one.status.quality is Standing.FAILED
    names = ", ".join(record.check for record in bad)
    href = f"/quality?check={ids.encode(one.name, bad[0].check)}"
    verb = "fail" if is_error else "warn"
    count = f"{len(bad)} checks {verb}" if len(bad) > 1 else f"1 check {verb}s"
    yield Attention(
        kind="check",
        severity="error" if is_error else "warn",
        object=one.name,
        title=f"{one.name}: {count}",
        detail=names,
        at=times.parse(bad[0].at),
        href=href,
        action="See the rows",
    )
