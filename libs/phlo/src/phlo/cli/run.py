"""Build the root command and run it, turning every failure into an exit code."""

from __future__ import annotations

import click

from phlo.cli.commands import COMMANDS
from phlo.cli.lazy import LazyGroup
from phlo.cli.options import current
from phlo.cli.version import installed_version

TYPE_CHECKING = False  # what `--help` does not need is not imported for it
if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(installed_version(), prog_name="phlo", message="%(prog)s %(version)s")
@click.option("-C", "directory", metavar="DIR", help="Use the project in this folder.")
def cli(directory: str | None) -> None:
    """Compose a data lakehouse from Python packages, run it, and work with its data."""
    current.use(directory)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = cli.main(list(arguments), prog_name="phlo", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BaseException as error:
        from phlo.cli.failed import failed

        return failed(error, arguments)
    return result if isinstance(result, int) else 0
