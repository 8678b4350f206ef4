"""`phlo services stop`: stop services."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("names", nargs=-1)
@common
def stop(cli: Cli, names: tuple[str, ...]) -> int:
    """Stop services, all if none is NAMED; with the last one, nothing of phlo is left running."""
    from phlo import pipeline
    from phlo.cli.start_view import StartView

    with StartView(quiet=cli.json).watching() as view:
        stopped = pipeline.stop(cli.root(), names=names, on_progress=view, on_wait=output.note)
    if cli.json:
        output.show_json("phlo.stop/1", {"stopped": list(stopped)})
    elif not stopped:
        output.note("nothing was running")
    return 0
