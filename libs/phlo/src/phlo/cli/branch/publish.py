"""`phlo branch publish`: move what a branch changed, all of it or nothing."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("name")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--into", "target", default="main", show_default=True, help="Where to.")
@click.option("--drop", is_flag=True, help="Forget the branch afterwards.")
@common
def publish(cli: Cli, name: str, tables: tuple[str, ...], target: str, drop: bool) -> int:
    """Move what the branch NAME changed to main, in one step; only TABLE... where named.

    Where a table was changed on both, nothing is published and the tables are named.
    """
    from phlo.project import Project

    project = Project.open(cli.directory)
    published = project.lake.publish(name, tables=tables or None, target=target)
    if drop:
        project.lake.drop_branch(name)
    if cli.json:
        output.show_json("phlo.branch-publish/1", {
            "name": name, "target": target, "dropped": drop,
            "tables": [one.table for one in published],
        })  # fmt: skip
        return 0
    if not published:
        output.note(f"'{name}' has nothing that '{target}' has not")
    for one in published:
        what = "new" if one.before is None else "dropped" if one.after is None else "changed"
        output.data(f"published   {one.table}  {what}")
    return 0
