"""`phlo exec`: run steps in this process; what every orchestrator calls."""

from __future__ import annotations

from typing import Any

import click

from phlo.cli.options import Cli, common


@click.command("exec")
@click.argument("assets", nargs=-1, required=True)
@click.option("--partition")
@click.option("--ref", default="main")
@click.option("--run-id", envvar="PHLO_RUN_ID")
@click.option("--selection", default="")
@click.option("--trigger", default="manual")
@click.option("--orchestrator", default="runner", envvar="PHLO_ORCHESTRATOR")
@click.option("--full-refresh", is_flag=True)
@click.option("--no-checks", is_flag=True)
@click.option("--checks-only", is_flag=True)
@click.option("--with-parent", type=int, help="End when this process, the caller, is gone.")
@click.option("--events-file", envvar="PHLO_EVENTS_FILE", help="Write events here, one a line.")
@common
def exec_command(
    cli: Cli,
    assets: tuple[str, ...],
    run_id: str | None,
    no_checks: bool,
    with_parent: int | None,
    events_file: str | None,
    selection: str,
    **options: Any,
) -> int:
    """Run steps in this process, and record what happens (used by orchestrators)."""
    from phlo.orchestration.world import RunOptions
    from phlo.project import Project
    from phlo.runner.ids import new_run_id

    project = Project.open(cli.directory)
    return project.execute(
        assets,
        RunOptions(
            run_id=run_id or new_run_id(), checks=not no_checks,
            selection=selection or ",".join(assets), **options,
        ),
        parent=with_parent,
        events_file=events_file,
    )  # fmt: skip
