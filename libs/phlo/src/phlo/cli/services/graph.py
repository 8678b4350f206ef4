"""`phlo services graph`: who needs whom."""

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
@click.option("--format", "form", type=click.Choice(["text", "mermaid"]), default="text",
              show_default=True, help="Lines for a person, or a Mermaid flowchart.")  # fmt: skip
@composing
@common
def graph(cli: Cli, form: str, options: Options) -> int:
    """Show the services in their start order, and what each needs."""
    from phlo import pipeline
    from phlo.compose.why import edges, mermaid

    stack = pipeline.look(cli.root(), options, os.environ)
    found = edges(stack)
    if cli.json:
        values = [{"service": a, "needs": b, "as": label} for a, b, label in found]
        output.show_json("phlo.graph/1", {"services": list(stack.services), "edges": values})
    elif form == "mermaid":
        output.data(mermaid(stack))
    else:
        for name in stack.services:
            needs = [f"{b} ({label})" for a, b, label in found if a == name]
            output.data(f"{name}  <-  {', '.join(needs)}" if needs else name)
    return 0
