"""`phlo branch drop`: forget a branch or a tag."""

from __future__ import annotations

import sys

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("name")
@click.option(
    "--yes", is_flag=True, help="Do not ask, even if it has changes that are not published."
)
@common
def drop(cli: Cli, name: str, yes: bool) -> int:
    """Forget the branch or tag NAME; files that only it had are swept."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    lake = project.lake
    lake.catalog.require(name)
    changed = next((ref.changed for ref in lake.refs() if ref.name == name), ())
    if changed and not yes:
        lost = ", ".join(changed)
        if not sys.stdin.isatty():
            raise click.UsageError(f"'{name}' has changes that are not published ({lost}): --yes")
        click.confirm(f"'{name}' has changes that are not published ({lost}). Drop it?", abort=True)
    where = lake.locations(name)
    lake.drop_branch(name)
    lake.sweep(leftovers=[where[table] for table in changed if table in where])
    if cli.json:
        output.show_json("phlo.branch-drop/1", {"name": name, "unpublished": list(changed)})
    else:
        output.note(f"'{name}' is dropped")
    return 0
