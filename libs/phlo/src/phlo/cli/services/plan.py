"""`phlo services plan`: what a start would change."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode

if TYPE_CHECKING:
    from phlo.compose.diff import Change
    from phlo.model.options import Options

_SIGNS = {"start": "+", "restart": "~", "stop": "-"}


@click.command()
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 20 when something would change.")
@composing
@common
def plan(cli: Cli, detailed_exitcode: bool, options: Options) -> int:
    """Show what `phlo services start` would change; nothing is changed.

    A change that hides data is marked.
    """
    from phlo import pipeline

    found = pipeline.plan(cli.root(), options, os.environ)
    if cli.json:
        output.show_json("phlo.plan-services/1", {"changes": [one.as_json() for one in found]})
    else:
        _show(found)
    return ExitCode.CHANGES_PENDING if found and detailed_exitcode else ExitCode.OK


def _show(found: tuple[Change, ...]) -> None:
    if not found:
        output.data("nothing would change")
    for change in found:
        mark = "   hides data" if change.is_destructive else ""
        output.data(f"{_SIGNS[str(change.action)]} {change.service}  {change.action}{mark}")
        for key in change.keys:
            warned = "   the data there is not seen any more" if key.loses_data else ""
            output.data(f"    {key.key}: {_word(key.before)} -> {_word(key.after)}{warned}")


def _word(value: str | None) -> str:
    return "nothing" if value is None else value
