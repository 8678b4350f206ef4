"""`phlo config`: a table of its commands, imported when they are called."""

from __future__ import annotations

from phlo.cli.lazy import Lazy, LazyGroup

config = LazyGroup(
    name="config",
    help="Check, show and explain the configuration.",
    table={
        "validate": Lazy("phlo.cli.config.validate:validate", "Say all that is wrong with it"),
        "show": Lazy("phlo.cli.config.show:show", "Show every value as it is in the end"),
        "fix": Lazy("phlo.cli.config.fix:fix", "Put right what can be put right by itself"),
        "schema": Lazy("phlo.cli.config.schema:schema", "Write the JSON Schema for editors"),
        "explain": Lazy("phlo.cli.config.explain:explain", "Say who set a value, and over what"),
    },
)
