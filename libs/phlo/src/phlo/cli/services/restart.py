"""`phlo services restart`: stop services and start them again."""

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
@click.argument("names", nargs=-1)
@composing
@click.option("--timeout", default=300.0, show_default=True, metavar="SECONDS",
              help="Wait at most so long.")  # fmt: skip
@common
def restart(cli: Cli, names: tuple[str, ...], options: Options, timeout: float) -> int:
    """Stop services, all if none is NAMED, and start them as they are configured now."""
    from phlo import pipeline
    from phlo.cli.start_view import StartView

    root = cli.root()
    with StartView(quiet=cli.json).watching() as view:
        prepared = pipeline.restart(
            root, options, os.environ, names=names, on_progress=view, on_wait=output.note
        )
        pipeline.wait(root, prepared, names=names, timeout=timeout, on_progress=view)
    if cli.json:
        from phlo.cli.services.status import payload

        output.show_json("phlo.restart/1", payload(pipeline.status(root, options)))
    return 0
