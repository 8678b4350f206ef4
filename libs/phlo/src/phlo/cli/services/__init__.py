"""`phlo services`: a table of its commands, imported when they are called."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

services = LazyGroup(
    name="services",
    help="Start, stop and inspect services.",
    table={
        "init": Lazy("phlo.cli.services.init:init", "Write what a start needs, and start nothing"),
        "start": Lazy("phlo.cli.services.start:start", "Start services and wait until ready"),
        "stop": Lazy("phlo.cli.services.stop:stop", "Stop services"),
        "restart": Lazy("phlo.cli.services.restart:restart", "Stop services and start them again"),
        "status": Lazy("phlo.cli.services.status:status", "Show how each service is"),
        "list": Lazy(
            "phlo.cli.services.list:list_services", "List services: where and why they run"
        ),
        "plan": Lazy("phlo.cli.services.plan:plan", "Show what a start would change"),
        "why": Lazy("phlo.cli.services.why:why", "Say why a service runs, or does not"),
        "graph": Lazy("phlo.cli.services.graph:graph", "Show who needs whom"),
        "logs": Lazy("phlo.cli.services.logs:logs", "Show what services wrote"),
        "wait": Lazy("phlo.cli.services.wait:wait", "Wait until services are ready, or stopped"),
        "exec": Lazy("phlo.cli.services.exec:execute", "Run a command where a service runs"),
        "open": Lazy("phlo.cli.services.open:open_service", "Open a service in the browser"),
        "reset": Lazy("phlo.cli.services.reset:reset", "Remove services with their data"),
    },
)
