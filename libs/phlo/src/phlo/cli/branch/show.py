"""`phlo branch show` and `phlo branch diff`: which tables two refs have otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.lakehouse.tables import TableChange, TableDescription


@click.command()
@click.argument("name")
@common
def show(cli: Cli, name: str) -> int:
    """Show what the branch NAME changed and did not publish."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.lake.catalog.require(name)
    ref = next(ref for ref in project.lake.refs() if ref.name == name)
    changes = [one for one in project.lake.diff(name) if one.table in ref.changed]
    _show(cli, name, ref.source or "main", changes)
    if changes and not cli.json:
        output.note(f"next:\n  phlo branch publish {name}")
    return 0


@click.command()
@click.argument("name")
@click.argument("base", default="main")
@common
def diff(cli: Cli, name: str, base: str) -> int:
    """Compare the tables of NAME, a branch or a tag, with those of BASE."""
    from phlo.project import Project

    project = Project.open(cli.directory)
    _show(cli, name, base, project.lake.diff(name, base))
    return 0


def _show(cli: Cli, name: str, base: str, changes: Sequence[TableChange]) -> None:
    if cli.json:
        output.show_json("phlo.branch-diff/1", {
            "name": name, "base": base,
            "tables": [
                {"table": one.table, "state": one.state, "rows_before": _rows(one.before),
                 "rows": _rows(one.after), "columns": list(one.columns)}
                for one in changes
            ],
        })  # fmt: skip
        return
    if not changes:
        output.note(f"'{name}' has the tables of '{base}'")
        return
    output.table(
        ("table", "state", f"rows on {base}", f"rows on {name}", "columns"),
        [
            (one.table, one.state, _shown(one.before), _shown(one.after), ", ".join(one.columns))
            for one in changes
        ],
        right=(f"rows on {base}", f"rows on {name}"),
    )


def _rows(about: TableDescription | None) -> int | None:
    return None if about is None else about.row_count


def _shown(about: TableDescription | None) -> str:
    return "" if about is None else f"{about.row_count:,}"
