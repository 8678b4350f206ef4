"""`phlo plugin install`: install packages, and record nothing."""

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
def install(cli: Cli, call: Call, names: tuple[str, ...]) -> int:
    """Install the packages NAMES, as the index has them, even where they are installed already.

    Nothing is recorded: `phlo add` writes them into pyproject.toml too.
    """
    from phlo.packages.change import add

    change = add(call, names, is_recorded=False)
    return show_change(cli, call, change, "phlo.plugin-install/1", "nothing to install")
