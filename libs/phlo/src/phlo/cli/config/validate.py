"""`phlo config validate`: say all that is wrong with the configuration."""

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
def validate(cli: Cli, options: Options) -> int:
    """Read phlo.yaml and what is laid over it, and say all that is wrong with it.

    Nothing is written or started. The exit code is that of the errors found.
    """
    from phlo import pipeline

    stack = pipeline.look(cli.root(), options, os.environ)
    for warning in stack.warnings:
        output.show_error(warning, as_json=cli.json, severity="warning")
    if cli.json:
        payload = {"services": list(stack.services), "notes": list(stack.notes)}
        output.show_json("phlo.config-validate/1", payload)
        return 0
    for note in stack.notes:
        output.note(f"note: {note}")
    services = ", ".join(stack.services)
    output.data(f"'{stack.project.name}' is valid; its services: {services or 'none'}")
    return 0
