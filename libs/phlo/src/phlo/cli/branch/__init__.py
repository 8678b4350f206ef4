"""`phlo branch`: a table of its commands, imported when they are called."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

branch = LazyGroup(
    name="branch",
    help="Work on the tables aside, and publish them all at once.",
    table={
        "list": Lazy("phlo.cli.branch.list:list_branches", "List branches and tags"),
        "create": Lazy("phlo.cli.branch.create:create", "Make a branch of all tables"),
        "show": Lazy("phlo.cli.branch.show:show", "Show what a branch changed"),
        "diff": Lazy("phlo.cli.branch.show:diff", "Compare the tables of two refs"),
        "publish": Lazy("phlo.cli.branch.publish:publish", "Move its changes to main, at once"),
        "drop": Lazy("phlo.cli.branch.drop:drop", "Forget a branch or a tag"),
        "tag": Lazy("phlo.cli.branch.create:tag", "Keep all tables as they are now"),
        "log": Lazy("phlo.cli.branch.log:log", "Show what was published"),
    },
)
