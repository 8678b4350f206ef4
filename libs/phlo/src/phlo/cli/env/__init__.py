"""`phlo env`: the variables of the project's services."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

env = LazyGroup(
    name="env",
    help="Show the variables of the project's services.",
    table={"export": Lazy("phlo.cli.env.export:export", "Print them, for a shell or a file")},
)
