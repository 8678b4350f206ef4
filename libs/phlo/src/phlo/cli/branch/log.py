"""`phlo branch log`: what was published to a branch."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("ref", default="main")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help="At most so many.")  # fmt: skip
@common
def log(cli: Cli, ref: str, limit: int) -> int:
    """Show what was published to REF, the newest first."""
    from phlo.cli.values import at
    from phlo.project import Project

    found = Project.open(cli.directory).lake.log(ref, limit)
    if cli.json:
        output.show_json("phlo.branch-log/1", {
            "ref": ref,
            "publications": [
                {"at": one.at.isoformat(), "branch": one.branch,
                 "tables": [table.table for table in one.tables]}
                for one in found
            ],
        })  # fmt: skip
        return 0
    if not found:
        output.note(f"nothing was published to '{ref}' yet")
        return 0
    output.table(
        ("at", "from", "tables"),
        [(at(one.at), one.branch, ", ".join(t.table for t in one.tables)) for one in found],
    )
    return 0
