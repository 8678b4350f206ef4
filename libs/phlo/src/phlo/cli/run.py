"""Build the root command and run it, turning every failure into an exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phlo.cli.commands import COMMANDS
from phlo.cli.lazy import LazyGroup
from phlo.cli.options import current
from phlo.cli.version import installed_version
from phlo.errors import ExitCode, PhloError

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(installed_version(), prog_name="phlo", message="%(prog)s %(version)s")
@click.option("-C", "directory", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Use the project in this folder.")  # fmt: skip
def cli(directory: Path | None) -> None:
    """Compose a data lakehouse from Python packages, run it, and work with its data."""
    current.directory = directory


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = cli.main(list(arguments), prog_name="phlo", standalone_mode=False)
    except PhloError as error:
        from phlo.cli import output

        output.show_error(error, as_json=current.json or "--json" in arguments)
        if current.debug:
            raise
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # `phlo ... | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.OK
    except Exception as error:
        if current.debug or "--debug" in arguments:
            raise
        from phlo.cli.crash import report_crash

        report_crash(error, arguments)
        return ExitCode.INTERNAL
    return result if isinstance(result, int) else ExitCode.OK
