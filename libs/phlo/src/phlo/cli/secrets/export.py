"""`phlo secrets export`: all secrets, for another machine."""

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
@composing
@common
def export(cli: Cli, options: Options) -> int:
    """Print all secrets as NAME=value lines: `.phlo/state/secrets.env` of another machine.

    Whoever has them may do everything; send them through something closed only.
    """
    from phlo import pipeline, wired

    root = cli.root()
    stack = pipeline.look(root, options, os.environ)
    names = sorted({need.name for need in stack.secrets})
    values = {name: wired.secret(root, options, os.environ, name) for name in names}
    if cli.json:
        output.show_json("phlo.secrets-export/1", {"secrets": values})
        return 0
    for name, value in values.items():
        output.data(f"{name}={value}")
    return 0
