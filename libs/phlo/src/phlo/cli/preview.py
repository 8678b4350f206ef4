"""`phlo preview`: the first rows of a table."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("table")
@click.option("--ref", default="main", show_default=True, help="The branch to read.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(min=1))
@common
def preview(cli: Cli, table: str, ref: str, limit: int) -> int:
    """Show a table's first rows."""
    from phlo.cli.values import show_rows
    from phlo.lakehouse.checks.compile import quoted_table
    from phlo.lakehouse.checks.found import json_safe
    from phlo.project import Project

    project = Project.open(cli.directory)
    about = project.lake.describe(table, ref)
    sql = f"SELECT * FROM {quoted_table(about.name)} LIMIT {limit}"
    rows = project.query(sql, ref=ref)
    if cli.json:
        output.show_json("phlo.preview/1", {
            "table": about.name,
            "columns": [{"name": c.name, "type": c.type} for c in about.columns],
            "rows": [[json_safe(v) for v in row.values()] for row in rows.to_pylist()],
            "row_count": about.row_count,
        })  # fmt: skip
        return 0
    show_rows(rows.schema, rows.to_batches())
    output.note(f"{rows.num_rows:,} of {about.row_count:,} rows")
    return 0
