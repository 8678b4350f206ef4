"""How a dataset stands: by its last run, its checks and its age; and the worst of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.model.durations import parse_duration
from phlo_api import times
from phlo_api.models.datasets import CheckSummary, Standing, Status

if TYPE_CHECKING:
    from phlo.assets.spec import AssetSpec
    from phlo_api.overview import Overview

_RUN = {
    "succeeded": Standing.OK,
    "failed": Standing.FAILED,
    "held_back": Standing.HELD_BACK,
    "skipped": Standing.SKIPPED,
    "cancelled": Standing.SKIPPED,
}
#: The first of these that is true of a part is what the whole is.
_WORST = (
    Standing.RUNNING,
    Standing.HELD_BACK,
    Standing.FAILED,
    Standing.LATE,
    Standing.WARNING,
    Standing.SKIPPED,
    Standing.STALE,
    Standing.NEVER,
    Standing.OK,
)


def summary(overview: Overview, name: str, asset: AssetSpec | None) -> CheckSummary:
    """Return how the checks of a dataset went the last time."""
    names = [check.name for check in asset.checks] if asset else []
    found = [overview.checks.get((name, check)) for check in names]
    statuses = [record.outcome.status if record else "never" for record in found]
    return CheckSummary(
        total=len(statuses),
        passed=statuses.count("passed"),
        warned=statuses.count("warned"),
        failed=statuses.count("failed") + statuses.count("error"),
        never=statuses.count("never") + statuses.count("skipped"),
    )


def status(overview: Overview, name: str, asset: AssetSpec | None, checks: CheckSummary) -> Status:
    """Return how a dataset stands, and why."""
    if overview.ref != "main":
        known = Standing.OK if name in overview.locations else Standing.NEVER
        return Status(
            overall=known,
            freshness=Standing.UNKNOWN,
            quality=Standing.UNKNOWN,
            run=Standing.UNKNOWN,
        )
    run = _run(overview, name, asset)
    quality = _quality(checks)
    fresh, reason = freshness(overview, name, asset)
    parts = {run, quality, fresh}
    if name in overview.locations and asset is None:
        parts.add(Standing.OK)
    overall = next((one for one in _WORST if one in parts), Standing.UNKNOWN)
    return Status(
        overall=overall,
        freshness=fresh,
        quality=quality,
        run=run,
        reason=_reason(overview, name, overall, checks, reason),
    )


def freshness(
    overview: Overview, name: str, asset: AssetSpec | None
) -> tuple[Standing, str | None]:
    """Return whether a dataset is as fresh as it was promised to be."""
    made = overview.made.get(name)
    if made is None:
        return (Standing.NEVER if asset else Standing.UNKNOWN), None
    at = times.parsed(made.at)
    for level, standing in (("error", Standing.LATE), ("warn", Standing.WARNING)):
        limit = (asset.freshness or {}).get(level) if asset else None
        allowed = parse_duration(limit) if limit else None
        if allowed is not None and times.now() - at > allowed:
            return standing, f"older than the {limit} that it may be"
    if name in overview.stale:
        return Standing.STALE, "its code or what it reads changed since"
    return Standing.OK, None


def _run(overview: Overview, name: str, asset: AssetSpec | None) -> Standing:
    if name in overview.running:
        return Standing.RUNNING
    step = overview.steps.get(name)
    if step is None:
        return Standing.NEVER if asset else Standing.UNKNOWN
    return _RUN.get(step.state, Standing.UNKNOWN)


def _quality(checks: CheckSummary) -> Standing:
    if checks.failed:
        return Standing.FAILED
    if checks.warned:
        return Standing.WARNING
    return Standing.OK if checks.passed else Standing.UNKNOWN


def _reason(
    overview: Overview, name: str, overall: Standing, checks: CheckSummary, late: str | None
) -> str | None:
    step = overview.steps.get(name)
    if overall in (Standing.FAILED, Standing.HELD_BACK, Standing.SKIPPED) and step:
        if step.error:
            return str(step.error.get("message"))
        if step.reason and step.reason != "unchanged":
            return step.reason
    if overall in (Standing.FAILED, Standing.HELD_BACK) and checks.failed:
        return f"{checks.failed} of {checks.total} checks failed"
    if overall is Standing.WARNING and checks.warned:
        return f"{checks.warned} of {checks.total} checks warn"
    return late
