"""`phlo upgrade`: install the newer versions that the index has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli.options import Cli, common
from phlo.cli.sources import changing, show_change

if TYPE_CHECKING:
    from phlo.packages.call import Call


@click.command()
@click.argument("names", nargs=-1)
@common
@changing
def upgrade(cli: Cli, call: Call, names: tuple[str, ...]) -> int:
    """Install the newer versions that the index has of the packages NAMES, of all if none is given.

    Services that run take the new version at their next `phlo services restart`.
    """
    from phlo.packages.change import upgrade as do

    nothing = "the index has nothing newer than what is installed"
    return show_change(cli, call, do(call, names), "phlo.upgrade/1", nothing)
