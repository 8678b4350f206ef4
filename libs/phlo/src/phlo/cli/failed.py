"""What a command that failed prints, and its exit code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli.options import current
from phlo.errors import ExitCode, PhloError

if TYPE_CHECKING:
    from collections.abc import Sequence


def failed(error: BaseException, arguments: Sequence[str]) -> int:
    """Show why a command failed and return its exit code; with `--debug` the error is raised on.

    Args:
        error: What it ended with.
        arguments: The command line; an error may come before its options were read.
    """
    if isinstance(error, PhloError):
        from phlo.cli import output

        output.show_error(error, as_json=current.json or "--json" in arguments)
        if current.debug:
            raise error
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):  # `phlo ... | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.OK
    if not isinstance(error, Exception) or current.debug or "--debug" in arguments:
        raise error
    from phlo.cli.crash import report_crash

    report_crash(error, arguments)
    return ExitCode.INTERNAL
