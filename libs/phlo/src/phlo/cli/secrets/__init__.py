"""`phlo secrets`: a table of its commands, imported when they are called."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

secrets = LazyGroup(
    name="secrets",
    help="List, show, rotate and export the secrets of the project's services.",
    table={
        "list": Lazy("phlo.cli.secrets.list:list_secrets", "List them, their values masked"),
        "show": Lazy("phlo.cli.secrets.show:show", "Print the value of one"),
        "rotate": Lazy("phlo.cli.secrets.rotate:rotate", "Make a new value for one"),
        "export": Lazy("phlo.cli.secrets.export:export", "Print all, for another machine"),
    },
)
