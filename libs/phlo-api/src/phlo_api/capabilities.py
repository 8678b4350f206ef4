"""What a project can do, who gives it, and how to get what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api.models.base import Fix
from phlo_api.models.meta import Capabilities, Capability
from phlo_api.sources import reason

if TYPE_CHECKING:
    from phlo_api.workspace import Workspace


def capabilities(workspace: Workspace) -> Capabilities:
    """Return what there is and what is not."""
    return Capabilities(
        items=[
            _built_in("orchestrator", "runner", "Makes assets, one process for each run."),
            _query(workspace),
            _built_in("catalog", "sqlite", "Says where the metadata of each table is."),
            _built_in("refs", "sqlite", "Branches of all tables."),
            _built_in("quality", "phlo", "Checks compiled to SQL, run before each publish."),
            _built_in("lineage", "phlo", "Who reads whom, taken from the code."),
            _built_in("logs", "files", "What the services of this machine write."),
            _services(workspace),
            Capability(
                name="metrics",
                available=False,
                summary="Figures over time; no installed package gives them.",
                fix=[Fix(label="see which packages there are", command="phlo services list")],
            ),
        ]
    )


def _built_in(name: str, provider: str, summary: str) -> Capability:
    return Capability(name=name, available=True, provider=provider, summary=summary)


def _query(workspace: Workspace) -> Capability:
    summary = "Runs SQL over the lake's tables."
    try:
        engine = workspace.project.engine()
    except Exception as error:
        fix = Fix(label=reason(error), command="pip install phlo-duckdb")
        return Capability(name="query", available=False, summary=summary, fix=[fix])
    return _built_in("query", engine.name, summary)


def _services(workspace: Workspace) -> Capability:
    reading = workspace.service_status()
    summary = "Starts, watches and stops the programs of this project."
    if reading.value is None:
        fix = Fix(label=reading.problem or "not asked yet", command="phlo services status")
        return Capability(name="services", available=False, summary=summary, fix=[fix])
    return _built_in("services", "native", summary)
