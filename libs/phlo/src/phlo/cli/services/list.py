"""`phlo services list`: which services there are, where they run and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also those that are installed and do not run.")
@composing
@common
def list_services(cli: Cli, is_all: bool, options: Options) -> int:
    """List the services of this project: where each runs, at which address, and why it is there.

    What comes with phlo runs as local processes; a service that comes as an image runs in Docker,
    and without an engine as a local process if it has a native recipe.
    """
    from phlo.cli.values import under
    from phlo.listing import services_listed

    rows = services_listed(cli.root(), options, os.environ, is_all=is_all)
    if cli.json:
        output.show_json("phlo.services/1", {"services": rows})
        return 0
    columns = ("service", "category", "runtime", "address", "version", "why")
    for row in rows:
        row["service"] = under(row["service"], row["parent"])
    output.table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    return 0


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
