"""A bug in phlo: keep the traceback in a file and say where it is."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


def report_crash(error: Exception, arguments: Sequence[str]) -> None:
    """Write the traceback to a file and print its path; never a traceback on the screen."""
    text = f"phlo {' '.join(arguments)}\n\n{''.join(traceback.format_exception(error))}"
    with tempfile.NamedTemporaryFile(
        "w", prefix="phlo-crash-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
    click.echo("  = why: this is a bug in phlo, not in your project", err=True)
    click.echo(f"  = fix: report it with {Path(file.name)}, or run again with --debug", err=True)
