"""`phlo config show`: every value as it is in the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command()
@click.argument("path", required=False)
@composing
@common
def show(cli: Cli, path: str | None, options: Options) -> int:
    """Show every value as it is in the end, or those under PATH, each with who set it.

    Secrets are masked; `phlo config explain PATH` shows what a value overrides.
    """
    from phlo import pipeline
    from phlo.cli.config.explain import as_json, text
    from phlo.compose.explain import explain

    stack = pipeline.look(cli.root(), options, os.environ)
    found = [one for key in ([path] if path else stack.layered.tree) for one in explain(stack, key)]
    if cli.json:
        output.show_json("phlo.config/1", {"values": [as_json(one) for one in found]})
        return 0
    rows = [(one.path, text(one.said.value), one.said.where or one.said.layer) for one in found]
    output.table(("path", "value", "set by"), rows)
    return 0
