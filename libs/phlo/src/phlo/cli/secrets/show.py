"""`phlo secrets show`: print the value of one secret."""

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
def show(cli: Cli, name: str, options: Options) -> int:
    """Print the value of the secret NAME, and nothing else."""
    from phlo import wired

    value = wired.secret(cli.root(), options, os.environ, name)
    if cli.json:
        output.show_json("phlo.secret/1", {"name": name, "value": value})
    else:
        output.data(value)
    return 0
