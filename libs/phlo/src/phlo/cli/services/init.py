"""`phlo services init`: write what a start needs, and start nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.developing import developing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command()
@composing
@developing
@common
def init(cli: Cli, options: Options) -> int:
    """Compose, make the secrets, choose the ports and write the files; start nothing."""
    from phlo import pipeline

    prepared = pipeline.prepare(cli.root(), options, os.environ)
    ports = {port.key: port.host for port in prepared.stack.ports}
    if cli.json:
        payload = {"services": list(prepared.stack.services), "ports": ports}
        output.show_json("phlo.services-init/1", payload)
        return 0
    for warning in prepared.stack.warnings:
        output.show_error(warning, severity="warning")
    for note in prepared.notes:
        output.note(f"note: {note}")
    output.table(("port", "on this machine"), ports.items(), right=("on this machine",))
    output.note("\nnext:\n  phlo services start")
    return 0
