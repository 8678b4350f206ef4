"""`phlo env export`: the variables of the project's services, for a shell or a file."""

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
@click.option("--format", "form", type=click.Choice(["env", "shell"]), default="env",
              show_default=True, help="Lines of a .env file, or of a shell.")  # fmt: skip
@click.option("--show-secrets", is_flag=True, help="Print the values of secrets, too.")
@composing
@common
def export(cli: Cli, form: str, show_secrets: bool, options: Options) -> int:
    """Print the variables that `phlo run` gives a program: where each service answers, and as whom.

    Secrets are masked, unless --show-secrets is given.
    """
    from phlo import wired

    values = wired.environment(cli.root(), options, os.environ, with_secrets=show_secrets)
    if cli.json:
        output.show_json("phlo.env/1", {"environment": dict(values)})
        return 0
    for name, value in values.items():
        output.data(f"export {name}={_quoted(value)}" if form == "shell" else f"{name}={value}")
    return 0


def _quoted(text: str) -> str:
    import shlex  # a shell is seldom asked for

    return shlex.quote(text)
