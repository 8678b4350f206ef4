"""`phlo add`: install packages and record them in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common
from phlo.cli.sources import changing, show_change

if TYPE_CHECKING:
    from phlo.packages.call import Call


@click.command()
@click.argument("names", nargs=-1, required=True)
@common
@changing
def add(cli: Cli, call: Call, names: tuple[str, ...]) -> int:
    """Install the packages of the services NAMES, and record them in pyproject.toml.

    Name, version and hash come from the index; what is not in it is refused.
    """
    from phlo.packages.change import add as do

    change = do(call, names)
    show_change(cli, call, change, "phlo.add/1", "nothing to install")
    if not cli.json and not call.is_dry:
        output.note("\nnext:\n  phlo services start")
    return 0
