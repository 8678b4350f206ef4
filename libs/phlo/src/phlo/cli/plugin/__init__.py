"""`phlo plugin`: a table of its commands, imported when they are called."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

plugin = LazyGroup(
    name="plugin",
    help="Write, check, find and install packages.",
    table={
        "create": Lazy("phlo.cli.plugin.create:create", "Write a new package that runs at once"),
        "list": Lazy("phlo.cli.plugin.list:list_plugins", "List the installed packages"),
        "info": Lazy("phlo.cli.plugin.info:info", "Show what a package adds"),
        "check": Lazy("phlo.cli.plugin.check:check", "Say what a package lacks"),
        "search": Lazy("phlo.cli.plugin.search:search", "Look for packages in the index"),
        "install": Lazy("phlo.cli.plugin.install:install", "Install packages, and record nothing"),
        "register": Lazy("phlo.cli.plugin.register:register", "Write a package into an index"),
    },
)
