"""`phlo services why`: why a service runs, or does not."""

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
@click.argument("name")
@composing
@common
def why(cli: Cli, name: str, options: Options) -> int:
    """Say why the service NAME runs or does not, where it runs, and who needs whom."""
    from phlo import pipeline
    from phlo.compose.why import why as reasons

    found = reasons(pipeline.look(cli.root(), options, os.environ), name)
    if cli.json:
        output.show_json("phlo.why/1", found.as_json())
    else:
        output.data("\n".join(found.lines()))
    return 0
