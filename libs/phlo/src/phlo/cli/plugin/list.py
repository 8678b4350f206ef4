"""`phlo plugin list`: the installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.packages.inspect import Row


@click.command("list")
@common
def list_plugins(cli: Cli) -> int:
    """List the installed packages: version, services, and whether they can be used.

    Nothing of a package is imported; `phlo plugin check NAME` tries its Python too.
    """
    from phlo.packages.inspect import installed_packages

    rows = installed_packages()
    if cli.json:
        output.show_json("phlo.plugins/1", {"packages": [row.as_json() for row in rows]})
        return 0
    output.table(
        ("package", "version", "services", "state"),
        [(r.distribution, r.version, ", ".join(r.services), _state(r)) for r in rows],
    )
    return 0


def _state(row: Row) -> str:
    state = f"{row.state} (editable)" if row.is_editable else row.state
    return "; ".join([state, *(f"{p.code} {p.message}" for p in row.problems)])
