"""`phlo check`: run the checks of tables, and nothing else."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("selection", default="*")
@click.option("--ref", default="main", show_default=True, help="The branch to look at.")
@common
def check(cli: Cli, selection: str, ref: str) -> int:
    """Run the checks of tables as they are; nothing is written to them.

    SELECTION is as for `phlo materialize`.
    """
    from phlo.cli.progress import RunView
    from phlo.cli.run_summary import show_result
    from phlo.project import Project

    project = Project.open(cli.directory)
    with RunView(quiet=cli.json).watching() as view:
        result = project.check(selection, ref=ref, on_event=view)
    if cli.json:
        output.show_json("phlo.run/1", result.as_json())
    else:
        show_result(result, project.root, checks_only=True)
    return result.exit_code
