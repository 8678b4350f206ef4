"""`phlo secrets rotate`: make a new value for one secret."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command()
@click.argument("name")
@click.option("--from-old", is_flag=True,
              help="Keep the present value, and tell it to data made with an older one.  "
              "[env: PHLO_OLD_SECRET, else asked for]")  # fmt: skip
@composing
@common
def rotate(cli: Cli, name: str, from_old: bool, options: Options) -> int:
    """Make a new value for the secret NAME; the services that use it get it at their next start.

    A service that keeps it with its data, as databases do, is started and told the new value.
    """
    from phlo import wired

    if from_old:
        told = wired.rekey(cli.root(), options, os.environ, name, _old(name))
        output.note(f"the data of '{name}' has the present value" if told else "nothing to tell")
        return 0
    services = wired.rotate(cli.root(), options, os.environ, name)
    if cli.json:
        output.show_json("phlo.secret-rotate/1", {"name": name, "services": list(services)})
        return 0
    output.note(f"'{name}' has a new value")
    output.note(f"next:\n  phlo services restart {' '.join(services)}")
    return 0


def _old(name: str) -> str:
    if given := os.environ.get("PHLO_OLD_SECRET"):
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("set PHLO_OLD_SECRET to the old value: there is nobody to ask")
    return str(click.prompt(f"the old value of '{name}'", hide_input=True, err=True))
