"""`phlo export`: a project for places without phlo."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

export = LazyGroup(
    name="export",
    help="Write the project for places without phlo.",
    table={"compose": Lazy("phlo.cli.export.compose:compose", "A folder for docker compose")},
)
