"""`phlo branch create` and `phlo branch tag`: a name for all tables as they are now."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("name")
@click.option("--from", "source", default="main", show_default=True, help="The branch or tag.")
@common
def create(cli: Cli, name: str, source: str) -> int:
    """Make the branch NAME of all tables; nothing is copied."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.lake.create_branch(name, source)
    _show(cli, name, source, "branch")
    output.note(f"next:\n  phlo materialize --ref {name}\n  phlo branch publish {name}")
    return 0


@click.command()
@click.argument("name")
@click.option("--from", "source", default="main", show_default=True, help="The branch or tag.")
@common
def tag(cli: Cli, name: str, source: str) -> int:
    """Keep all tables as they are now under NAME, whatever becomes of the branch."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.lake.create_tag(name, source)
    _show(cli, name, source, "tag")
    return 0


def _show(cli: Cli, name: str, source: str, kind: str) -> None:
    if cli.json:
        output.show_json("phlo.branch/1", {"name": name, "kind": kind, "source": source})
    else:
        output.note(f"{kind} '{name}' is made of '{source}'")
