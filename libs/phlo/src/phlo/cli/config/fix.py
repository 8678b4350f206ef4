"""`phlo config fix`: put right what phlo can put right by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@composing
@common
def fix(cli: Cli, dry_run: bool, options: Options) -> int:
    """Make the changes that errors of the configuration carry: misspelt keys, quoted switches.

    All else in the files stays as it is written. What is left is told, and sets the exit code.
    """
    from phlo.fixing import fix as do

    found = do(cli.root(), options, is_dry=dry_run, on_wait=output.note)
    if found.left:
        output.show_error(found.left, as_json=cli.json)
    if cli.json:
        payload = {
            "edits": [one.as_json() for one in found.made],
            "files": sorted(file.name for file in found.files),
            "dry_run": dry_run,
        }
        output.show_json("phlo.config-fix/1", payload)
    else:
        for one in found.made:
            place = f"{one.edit.file}:{one.edit.line}:{one.edit.column}"
            would = "would be " if dry_run else ""
            output.data(f"{place}  {one.before} {would}-> {one.edit.replacement}   [{one.code}]")
        if not found.made:
            output.note("there is nothing that can be put right by itself")
    return found.left.exit_code if found.left else ExitCode.OK
