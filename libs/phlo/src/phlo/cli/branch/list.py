"""`phlo branch list`: the branches and tags of the lake."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command("list")
@common
def list_branches(cli: Cli) -> int:
    """List branches and tags, with the tables that each changed."""
    from phlo.cli.values import at
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.recover()
    found = project.lake.refs()
    if cli.json:
        output.show_json("phlo.branches/1", {
            "branches": [
                {"name": ref.name, "kind": "tag" if ref.is_tag else "branch",
                 "source": ref.source, "tables": ref.tables, "changed": list(ref.changed),
                 "created_at": ref.created_at and ref.created_at.isoformat()}
                for ref in found
            ],
        })  # fmt: skip
        return 0
    rows = [
        (ref.name, "tag" if ref.is_tag else "branch", ref.tables, len(ref.changed),
         ref.source or "", at(ref.created_at))
        for ref in found
    ]  # fmt: skip
    columns = ("name", "kind", "tables", "changed", "from", "made")
    output.table(columns, rows, right=("tables", "changed"))
    return 0
