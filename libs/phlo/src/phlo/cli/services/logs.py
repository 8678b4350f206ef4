"""`phlo services logs`: what services wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.runtime.logs import LogLine


@click.command()
@click.argument("names", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("-n", "--tail", "count", default=100, show_default=True, type=click.IntRange(min=0),
              help="So many lines of each.")  # fmt: skip
@common
def logs(cli: Cli, names: tuple[str, ...], follow: bool, count: int) -> int:
    """Show what services wrote, all if none is NAMED; secrets are masked.

    With --json each line is an object of its own.
    """
    from phlo import operating

    root = cli.root()
    lines = operating.logs(root, names, count)
    if not lines and not follow:
        output.note("nothing was written yet: phlo services start")
        return 0
    is_named = len({line.service for line in lines}) > 1 or len(names) != 1
    _show(cli, lines, is_named=is_named)
    if follow:
        _show(cli, operating.follow(root, names), is_named=is_named)
    return 0


def _show(cli: Cli, lines: Iterable[LogLine], *, is_named: bool) -> None:
    import json

    for line in lines:
        if cli.json:
            output.data(json.dumps({"service": line.service, "text": line.text}))
        else:
            output.data(f"{line.service} | {line.text}" if is_named else line.text)
