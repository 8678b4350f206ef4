"""`phlo run`: run a program with the variables of the project's services."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@composing
@common
def run_program(cli: Cli, command: tuple[str, ...], options: Options) -> int:
    """Run COMMAND with the variables of the project's services; its exit code is passed on.

    Write `--` before it: phlo run -- psql "$POSTGRES_DSN".
    """
    from phlo import wired
    from phlo.errors.runtime import ProgramMissing

    told = wired.environment(cli.root(), options, os.environ, with_secrets=True)
    try:
        # In place of this process: signals, the terminal and the exit code are the program's.
        os.execvpe(command[0], command, {**os.environ, **told})
    except OSError as error:
        raise ProgramMissing("phlo run", command[0], hint=None) from error
