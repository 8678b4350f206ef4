"""`phlo services reset`: remove services with their data."""

from __future__ import annotations

import sys

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("names", nargs=-1)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@common
def reset(cli: Cli, names: tuple[str, ...], is_sure: bool) -> int:
    """Stop services, all if none is NAMED, and remove their containers and data.

    The lake, the secrets and phlo.yaml stay. Without a terminal, --yes is needed.
    """
    from phlo import operating
    from phlo.cli.start_view import StartView

    root = cli.root()
    listed = ", ".join(names) or "every service"
    if not is_sure:
        if not sys.stdin.isatty():
            raise click.UsageError(f"this removes the data of {listed}; say --yes if you mean it")
        click.confirm(f"remove the data of {listed}?", abort=True, err=True)
    with StartView(quiet=cli.json).watching() as view:
        removed = operating.reset(root, names, on_progress=view, on_wait=output.note)
    if cli.json:
        output.show_json("phlo.reset/1", {"removed": removed})
    for one in [] if cli.json else removed:
        output.note(f"removed {one}")
    return 0
