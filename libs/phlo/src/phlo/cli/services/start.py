"""`phlo services start`: start services and wait until they are ready."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.developing import developing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.model.options import Options
    from phlo.model.prepared import Prepared


@click.command()
@click.argument("names", nargs=-1)
@composing
@developing
@click.option("--wait/--no-wait", default=True, help="Wait until every service is ready.")
@click.option("--timeout", default=300.0, show_default=True, metavar="SECONDS",
              help="Wait at most so long.")  # fmt: skip
@click.option("--open/--no-open", "is_opened", default=None,
              help="Open Observatory in the browser; by default on a desktop.")  # fmt: skip
@click.option("--accept-move", is_flag=True,
              help="The folder was moved: leave a link at its old place.")  # fmt: skip
@click.option("--pull", "is_renewed", is_flag=True,
              help="Take the images that their names mean today, and lock those.")  # fmt: skip
@common
def start(
    cli: Cli,
    names: tuple[str, ...],
    options: Options,
    wait: bool,
    timeout: float,
    is_opened: bool | None,
    accept_move: bool,
    is_renewed: bool,
) -> int:
    """Start services, all if none is NAMED, and wait until they are ready."""
    from phlo import pipeline
    from phlo.cli.start_view import StartView

    if is_renewed and options.frozen:
        raise click.UsageError(
            "--pull takes what phlo.lock does not say, and --frozen nothing else"
        )
    root = cli.root()
    with StartView(quiet=cli.json).watching() as view:
        prepared = pipeline.start(
            root, options, os.environ, names=names, accept_move=accept_move,
            is_renewed=is_renewed, on_progress=view, on_wait=output.note,
        )  # fmt: skip
        if wait:
            pipeline.wait(root, prepared, names=names, timeout=timeout, on_progress=view)
    return _show(cli, root, prepared, options, is_opened)


def _show(
    cli: Cli, root: Path, prepared: Prepared, options: Options, is_opened: bool | None
) -> int:
    from phlo import pipeline
    from phlo.cli.browser import open_page

    link = pipeline.link(root, prepared.stack)
    if cli.json:
        from phlo.cli.services.status import payload

        status = pipeline.status(root, options)
        output.show_json("phlo.start/1", {**payload(status), "login_url": link})
        return 0
    for warning in prepared.stack.warnings:
        output.show_error(warning, severity="warning")
    for note in prepared.notes:
        output.note(f"note: {note}")
    output.note("")
    for service in prepared.stack.services.values():
        if service.primary and service.primary.url:
            output.data(f"{service.name:<16} {service.primary.url}")
    if link:
        output.data(f"\nopen  {link}")
        output.note(
            "      (logs this machine's browser in, once; for another: phlo services start)"
        )
        open_page(link, is_wanted=is_opened)
    return 0
