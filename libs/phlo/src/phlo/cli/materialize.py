"""`phlo materialize`: run assets and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode

if TYPE_CHECKING:
    from phlo.project import Project


@click.command()
@click.argument("selection", default="*")
@click.option("--partition", metavar="K|FROM..TO", help="Which partitions to make.")
@click.option("--ref", default="main", show_default=True, help="The branch to write to.")
@click.option("--full-refresh", is_flag=True, help="Make tables anew instead of adding to them.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing.")
@click.option("--no-checks", is_flag=True, help="Publish without asking the checks.")
@click.option(
    "--orchestrator",
    metavar="NAME",
    help="Who runs it: runner, or a service such as dagster.  [default: the project's]",
)
@click.option("--wait/--no-wait", default=True, help="Follow the run to its end.")
@click.option("--run-id", hidden=True)
@click.option("--trigger", default="manual", hidden=True)
@common
def materialize(
    cli: Cli,
    selection: str,
    partition: str | None,
    dry_run: bool,
    no_checks: bool,
    wait: bool,
    **options: Any,
) -> int:
    """Run assets and their checks; publish what passes.

    SELECTION is a table, or: +table (with all it reads), table+ (with all that reads it), tag:x,
    group:x, owner:x, path:marts/, failed, stale, *; commas join, ! takes away.
    """
    from phlo.cli.progress import RunView
    from phlo.cli.run_summary import show_result
    from phlo.project import Project

    project = Project.open(cli.directory)
    if dry_run:
        return _show_plan(project, cli, selection, partition, options["full_refresh"])
    with RunView(quiet=cli.json).watching() as view:
        result = project.materialize(
            selection, partition=partition, checks=not no_checks, wait=wait, on_event=view,
            on_note=output.note, **options,
        )  # fmt: skip
    if cli.json:
        output.show_json("phlo.run/1", result.as_json())
    else:
        show_result(result, project.root)
    return result.exit_code


def _show_plan(
    project: Project, cli: Cli, selection: str, partition: str | None, full_refresh: bool
) -> int:
    steps = project.plan(selection, partition=partition, full_refresh=full_refresh)
    manifest = project.manifest()
    if cli.json:
        payload = [{"asset": step.asset, "partition": step.partition} for step in steps]
        output.show_json("phlo.plan/1", {"steps": payload})
        return ExitCode.OK
    rows = []
    for step in steps:
        asset = manifest.asset(step.asset)
        assert asset is not None, "the plan was made of this manifest"
        mode = "overwrite" if full_refresh and not asset.partitions else asset.mode
        rows.append((step.asset, step.partition, mode, len(asset.checks), asset.place))
    output.table(("asset", "partition", "mode", "checks", "where"), rows, right=("checks",))
    return ExitCode.OK
