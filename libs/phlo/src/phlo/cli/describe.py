"""`phlo describe`: a table's columns, layout, files and snapshots."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.tables import SnapshotInfo, TableDescription

_MOST_SNAPSHOTS = 5


@click.command()
@click.argument("table")
@click.option("--ref", default="main", show_default=True, help="The branch to look at.")
@common
def describe(cli: Cli, table: str, ref: str) -> int:
    """Show a table's columns, layout, files and last snapshots."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    about = project.lake.describe(table, ref)
    snapshots = project.lake.snapshots(table, ref)
    if cli.json:
        output.show_json("phlo.table/1", {
            **asdict(about), "snapshots": [asdict(snapshot) for snapshot in snapshots],
        })  # fmt: skip
        return 0
    for line in _facts(about):
        output.data(line)
    output.data("")
    output.table(
        ("column", "type", "null", "about"),
        [(c.name, c.type, "" if c.nullable else "never", c.doc) for c in about.columns],
    )
    _show_snapshots(snapshots)
    return 0


def _facts(about: TableDescription) -> Iterator[str]:
    from phlo.cli.values import at, size

    yield about.name
    if comment := about.properties.get("comment"):
        yield f"  {comment.splitlines()[0]}"
    yield (
        f"  {about.row_count:,} rows in {about.file_count:,} files, {size(about.size_bytes)};"
        f" changed {at(about.last_updated)}"
    )
    if about.key:
        yield f"  key: {', '.join(about.key)}"
    if about.partition_fields:
        fields = (f"{f.transform}({f.source})" for f in about.partition_fields)
        yield f"  partitioned by: {', '.join(fields)}"
    if about.sort_fields:
        yield f"  sorted by: {', '.join(about.sort_fields)}"
    yield f"  {about.location}"


def _show_snapshots(snapshots: tuple[SnapshotInfo, ...]) -> None:
    from phlo.cli.values import at

    if not snapshots:
        return
    output.data("")
    rows = [
        (s.id, at(s.at), s.operation, f"{s.added_rows:,}", f"{s.deleted_rows:,}",
         f"{s.total_rows:,}", s.summary.get("phlo.run-id"))
        for s in snapshots[:_MOST_SNAPSHOTS]
    ]  # fmt: skip
    names = ("snapshot", "at", "operation", "added", "deleted", "total", "run")
    output.table(names, rows, right=("added", "deleted", "total"))
    if len(snapshots) > _MOST_SNAPSHOTS:
        output.note(f"and {len(snapshots) - _MOST_SNAPSHOTS} older snapshots (--json shows all)")
