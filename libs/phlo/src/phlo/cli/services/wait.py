"""`phlo services wait`: wait until services are ready, or stopped."""

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
@click.option("--for", "condition", default="healthy", show_default=True,
              type=click.Choice(["healthy", "started", "stopped"]), help="What for.")  # fmt: skip
@click.option("--timeout", default=300.0, show_default=True, metavar="SECONDS",
              help="Wait at most so long.")  # fmt: skip
@composing
@common
def wait(cli: Cli, names: tuple[str, ...], condition: str, timeout: float, options: Options) -> int:
    """Wait until services, all if none is NAMED, are healthy, started or stopped.

    The exit code is 9 when one failed, 10 when one is still starting.
    """
    from phlo import operating
    from phlo.cli.start_view import StartView

    with StartView(quiet=cli.json).watching() as view:
        operating.wait_for(
            cli.root(), options, os.environ, names,
            condition=condition, timeout=timeout, on_progress=view,
        )  # fmt: skip
    if cli.json:
        output.show_json("phlo.wait/1", {"condition": condition, "services": list(names)})
    return 0
