"""`phlo plugin check`: what a package lacks, each with its fix."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("name")
@common
def check(cli: Cli, name: str) -> int:
    """Check the package NAME: its service.yaml, what it promises, and its Python.

    Its Python is tried in a process of its own; when that fails the service runs all the same, so
    it is a warning. `--debug` shows what Python said.
    """
    from phlo.errors import ErrorGroup, ExitCode
    from phlo.packages.inspect import check as look

    found = look(name)
    for error in found.errors:
        output.show_error(error, as_json=cli.json)
    for warning in found.warnings:
        output.show_error(warning, as_json=cli.json, severity="warning")
    for trace in found.traces if cli.debug else ():
        output.note(trace)
    if cli.json:
        payload = {
            **found.row.as_json(),
            "errors": [one.as_json() for one in found.errors],
            "warnings": [one.as_json("warning") for one in found.warnings],
        }
        output.show_json("phlo.plugin-check/1", payload)
    elif not found.errors:
        services = ", ".join(found.row.services)
        output.data(f"{found.row.distribution} {found.row.version} can be used: {services}")
    return ErrorGroup(found.errors).exit_code if found.errors else ExitCode.OK
