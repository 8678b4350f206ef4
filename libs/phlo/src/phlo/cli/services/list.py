"""`phlo services list`: which services there are, where they run and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options
    from phlo.model.stack import Stack


@click.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also those that are installed and do not run.")
@composing
@common
def list_services(cli: Cli, is_all: bool, options: Options) -> int:
    """List the services of this project: where each runs, at which address, and why it is there.

    What comes with phlo runs as local processes; a service that comes as an image runs in Docker,
    and without an engine as a local process if it has a native recipe.
    """
    from phlo import pipeline

    stack = pipeline.compose(cli.root(), options, os.environ)
    rows = _rows(stack) + (_skipped(stack) if is_all else [])
    if cli.json:
        output.show_json("phlo.services/1", {"services": rows})
        return 0
    columns = ("service", "category", "runtime", "address", "version", "why")
    lines = [
        [", ".join(v) if isinstance(v := row[c], list) else v for c in columns] for row in rows
    ]
    output.table(columns, lines)
    return 0


def _rows(stack: Stack) -> list[dict[str, Any]]:
    return [
        {
            "service": one.name,
            "category": one.definition.category,
            "runtime": one.runtime,
            "address": [port.url for port in one.ports.values() if port.url],
            "version": one.definition.package.version,
            "why": one.reason,
        }
        for one in stack.services.values()
    ]


def _skipped(stack: Stack) -> list[dict[str, Any]]:
    return [
        {"service": name, "category": None, "runtime": None, "address": [], "version": None,
         "why": f"does not run: {why}"}
        for name, why in stack.skipped.items()
    ]  # fmt: skip
