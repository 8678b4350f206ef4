"""`phlo services open`: open a service in the browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.browser import open_page
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command("open")
@click.argument("name", metavar="SERVICE", default="observatory")
@click.option("--browser/--no-browser", "is_opened", default=None,
              help="Open it; by default on a desktop.")  # fmt: skip
@composing
@common
def open_service(cli: Cli, name: str, is_opened: bool | None, options: Options) -> int:
    """Print where a SERVICE answers, and open it in the browser; Observatory if none is named."""
    from phlo import operating, pipeline

    root = cli.root()
    stack = pipeline.look(root, options, os.environ)
    url = operating.address(stack, name)
    if name == "observatory":
        url = pipeline.link(root, stack) or url
    if cli.json:
        output.show_json("phlo.open/1", {"service": name, "url": url})
        return 0
    output.data(url)
    open_page(url, is_wanted=is_opened)
    return 0
