"""`phlo remove`: take packages out, with what the project says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli.options import Cli, common
from phlo.cli.sources import changing, show_change

if TYPE_CHECKING:
    from phlo.packages.call import Call


@click.command()
@click.argument("names", nargs=-1, required=True)
@common
@changing
def remove(cli: Cli, call: Call, names: tuple[str, ...]) -> int:
    """Take out the packages of the services NAMES, and what phlo.yaml says of these services.

    Stop them first: `phlo services stop NAME`. Their data stays where it is.
    """
    from phlo.packages.change import remove as do

    return show_change(cli, call, do(call, names), "phlo.remove/1", "nothing to take out")
