"""The first page: what needs a person now, then what ran, then the lakehouse in numbers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from phlo_api import datasets, times, told
from phlo_api.attention import attention
from phlo_api.models.home import Home, Numbers, SetupStep
from phlo_api.services import services

if TYPE_CHECKING:
    from phlo_api.models.datasets import Dataset
    from phlo_api.models.runs import Run
    from phlo_api.overview import Overview
    from phlo_api.workspace import Workspace

#: So many runs are on the strip.
_RUNS = 30


def home(workspace: Workspace, overview: Overview) -> Home:
    """Return the first page; what cannot be read is left out and told."""
    found = [datasets.dataset(overview, name) for name in overview.names]
    reading = workspace.service_status()
    running = services(workspace, reading)
    runs: list[Run] = []
    with contextlib.suppress(Exception):  # the overview's problems tell why
        runs = [told.run(one) for one in workspace.store.runs(_RUNS)]
    return Home(
        project=workspace.project.config.name,
        attention=attention(overview, found, running),
        runs=runs,
        numbers=_numbers(found, runs),
        services=running,
        services_problem=reading.problem,
        setup=_setup(overview, runs),
        **overview.observed(),
    )


def _numbers(found: list[Dataset], runs: list[Run]) -> Numbers:
    today = times.now().date()
    return Numbers(
        datasets=len(found),
        tables=sum(one.table is not None for one in found),
        rows=sum(one.row_count.value for one in found if one.row_count),
        size_bytes=sum(one.size_bytes or 0 for one in found),
        checks=sum(one.checks.total for one in found),
        checks_passing=sum(one.checks.passed for one in found),
        runs_today=sum(run.queued_at.date() == today for run in runs),
        owners=len({one.owner for one in found if one.owner}),
    )


def _setup(overview: Overview, runs: list[Run]) -> list[SetupStep]:
    """Return the way to a first lakehouse, until it has been gone."""
    has_assets = bool(overview.manifest.assets)
    has_tables = bool(overview.locations)
    has_checks = any(asset.checks for asset in overview.manifest.assets)
    if has_assets and has_tables and has_checks:
        return []
    return [
        SetupStep(
            title="Start the services",
            detail="phlo-api and Observatory run: you are reading this.",
            is_done=True,
        ),
        SetupStep(
            title="Declare an asset",
            detail="A Python function or a SQL file in workflows/ makes a table.",
            command="phlo assets list",
            is_done=has_assets,
        ),
        SetupStep(
            title="Materialize it",
            detail="The rows are written, checked and published.",
            command="phlo materialize",
            is_done=has_tables and bool(runs),
        ),
        SetupStep(
            title="Check it",
            detail="A check that fails holds the table back before anybody reads it.",
            command="phlo check",
            is_done=has_checks,
        ),
    ]
