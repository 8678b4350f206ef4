"""`phlo services exec`: run a command where a service runs."""

from __future__ import annotations

import click

from phlo.cli.options import Cli, common


@click.command("exec", context_settings={"ignore_unknown_options": True})
@common
@click.argument("name", metavar="SERVICE")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(cli: Cli, name: str, command: tuple[str, ...]) -> int:
    """Run COMMAND in the container of a SERVICE, and pass its exit code on.

    For a local process it runs on this machine, with that process's variables, programs and user.
    """
    from phlo import operating

    return operating.execute(cli.root(), name, command)
