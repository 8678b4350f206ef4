"""`phlo services logs`: what services wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from phlo.runtime.logs import LogLine


@click.command()
@click.argument("names", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("-n", "--tail", "count", default=100, show_default=True, type=click.IntRange(min=0),
              help="So many lines of each.")  # fmt: skip
@common
def logs(cli: Cli, names: tuple[str, ...], follow: bool, count: int) -> int:
    """Show what services wrote, all if none is NAMED; secrets are masked.

    With --json each line is an object of its own.
    """
    from phlo.runtime import logs as reading
    from phlo.runtime.secrets import read

    root = cli.root()
    files = _files(root, names)
    if not files:
        output.note("nothing was written yet: phlo services start")
        return 0
    secrets = read(root).values
    is_named = len(files) > 1
    _show(cli, reading.tail(files, count, secrets), is_named=is_named)
    if follow:
        _show(cli, reading.follow(files, secrets), is_named=is_named)
    return 0


def _files(root: Path, names: tuple[str, ...]) -> dict[str, Path]:
    from phlo.errors.service import NoSuchService

    found = {file.stem: file for file in sorted((root / ".phlo" / "logs").glob("*.log"))}
    if not names:
        return found
    chosen: dict[str, Path] = {}
    for name in names:
        of_service = {n: f for n, f in found.items() if n == name or n.startswith(f"{name}.")}
        if not of_service:
            raise NoSuchService(name, found)
        chosen |= of_service
    return chosen


def _show(cli: Cli, lines: Iterable[LogLine], *, is_named: bool) -> None:
    import json

    for line in lines:
        if cli.json:
            output.data(json.dumps({"service": line.service, "text": line.text}))
        else:
            output.data(f"{line.service} | {line.text}" if is_named else line.text)
