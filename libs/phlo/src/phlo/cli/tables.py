"""`phlo tables`: the tables there are."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.option("--ref", default="main", show_default=True, help="The branch to look at.")
@common
def tables(cli: Cli, ref: str) -> int:
    """List the tables, with their rows, size and when they changed."""
    from phlo.cli.values import at, size
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.recover()
    found = [project.lake.describe(name, ref) for name in project.lake.tables(ref)]
    if cli.json:
        output.show_json("phlo.tables/1", {
            "ref": ref,
            "tables": [
                {"name": t.name, "rows": t.row_count, "size_bytes": t.size_bytes,
                 "files": t.file_count, "snapshot_id": t.snapshot_id,
                 "last_updated": t.last_updated and t.last_updated.isoformat()}
                for t in found
            ],
        })  # fmt: skip
        return 0
    if not found:
        output.note("there is no table yet: make one with `phlo materialize`")
        return 0
    rows = [
        (t.name, f"{t.row_count:,}", len(t.columns), size(t.size_bytes), at(t.last_updated))
        for t in found
    ]
    output.table(
        ("table", "rows", "columns", "size", "changed"), rows, right=("rows", "columns", "size")
    )
    return 0
