"""All checks of a project, the worst first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from phlo_api import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo_api.models.checks import Check
    from phlo_api.overview import Overview

_ORDER = {"failed": 0, "error": 1, "warned": 2, "never": 3, "skipped": 4, "passed": 5}


def all_checks(overview: Overview) -> list[Check]:
    """Return every declared check with how it went the last time."""
    found = [
        told.check(asset.key, spec, overview.checks.get((asset.key, spec.name)), asset.owner)
        for asset in overview.manifest.assets
        for spec in asset.checks
    ]
    return sorted(found, key=lambda one: (_ORDER.get(one.status, 9), one.table, one.name))


def counted(checks: Iterable[Check]) -> dict[str, int]:
    """Return how many checks are in each state."""
    return dict(Counter(one.status for one in checks))
