"""`phlo swap`: put one service in the place of another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common
from phlo.cli.sources import changing, show_lines

if TYPE_CHECKING:
    from phlo.model.options import Options
    from phlo.packages.call import Call
    from phlo.packages.swap import Swap


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@composing
@common
@changing
def swap(cli: Cli, call: Call, old: str, new: str, options: Options, yes: bool) -> int:
    """Put the service NEW in the place of OLD: install its package, rewire, take OLD's out.

    What rewires is shown first. What phlo.yaml says of OLD is said of NEW from then on, but for
    what NEW does not take. Data is not copied.
    """
    from phlo.packages.swap import do, plan_swap

    if call.root is None:
        cli.root()  # tells what is missing
    planned = plan_swap(call, old, new, options)
    if not cli.json:
        _show(planned)
    is_done = not call.is_dry and (yes or _agreed(cli))
    if is_done:
        do(call, planned)
    if cli.json:
        output.show_json("phlo.swap/1", {**planned.as_json(), "done": is_done})
    elif is_done:
        output.note(f"'{new}' is in the place of '{old}'\n\nnext:\n  phlo services restart")
    return 0 if is_done or call.is_dry else 1


def _show(planned: Swap) -> None:
    show_lines(planned.change, "will be ")
    for one in planned.rewired:
        output.data(
            f"{one.consumer}.{one.role}: {one.before or 'nothing'} -> {one.after or 'nothing'}"
        )
    for name in planned.starts:
        output.data(f"+ {name}")
    for name in planned.ends:
        output.data(f"- {name}")
    for path in planned.dropped:
        output.note(f"note: {path} is left out: '{planned.new}' does not take it")


def _agreed(cli: Cli) -> bool:
    if cli.json or not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: say --yes, or --dry-run")
    return click.confirm("do it?", err=True)
