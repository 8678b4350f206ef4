"""`phlo secrets rotate`: make a new value for one secret."""

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
def rotate(cli: Cli, name: str, options: Options) -> int:
    """Make a new value for the secret NAME; the services that use it get it at their next start.

    A service that keeps the value with its data, as databases do, must be told by its own means
    first: its package's README says how.
    """
    from phlo import wired

    services = wired.rotate(cli.root(), options, os.environ, name)
    if cli.json:
        output.show_json("phlo.secret-rotate/1", {"name": name, "services": list(services)})
        return 0
    output.note(f"'{name}' has a new value")
    output.note(f"next:\n  phlo services restart {' '.join(services)}")
    return 0
