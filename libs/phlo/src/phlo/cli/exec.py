"""`phlo exec`: run steps in this process; what every orchestrator calls."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.orchestration.events import Event


@click.command("exec")
@click.argument("assets", nargs=-1)
@click.option("--partition")
@click.option("--ref", default="main")
@click.option("--run-id", envvar="PHLO_RUN_ID")
@click.option("--selection", default="")
@click.option("--trigger", default="manual")
@click.option("--orchestrator", default="runner", envvar="PHLO_ORCHESTRATOR")
@click.option("--full-refresh", is_flag=True)
@click.option("--no-checks", is_flag=True)
@click.option("--checks-only", is_flag=True)
@click.option("--part-of", help="All assets of the run, of which these are a part; it stays open.")
@click.option("--finish", is_flag=True, help="Say that no further part of the run will come.")
@click.option("--with-parent", type=int, help="End when this process, the caller, is gone.")
@click.option("--events-file", envvar="PHLO_EVENTS_FILE", help="Write events here, one a line.")
@common
def exec_command(
    cli: Cli,
    assets: tuple[str, ...],
    run_id: str | None,
    no_checks: bool,
    part_of: str | None,
    finish: bool,
    with_parent: int | None,
    events_file: str | None,
    selection: str,
    **options: Any,
) -> int:
    """Run steps in this process, and record what happens (used by orchestrators)."""
    from phlo.orchestration.events import EventsFile
    from phlo.orchestration.world import RunOptions
    from phlo.project import Project
    from phlo.runner.ids import new_run_id

    project = Project.open(cli.directory)
    whole = part_of.split(",") if part_of else []
    chosen = RunOptions(
        run_id=run_id or new_run_id(), checks=not no_checks,
        selection=selection or ",".join(whole or assets), **options,
    )  # fmt: skip
    if finish:
        return project.finish(chosen)
    return project.execute(
        assets,
        chosen,
        parent=with_parent,
        part_of=whole,
        listeners=[_say, *([EventsFile(Path(events_file))] if events_file else [])],
    )  # fmt: skip


def _say(event: Event) -> None:
    """Print what the caller's own log should have: lines of the functions, ends of the steps."""
    # While a step runs, what is printed is kept with the run; this is for whoever called.
    with redirect_stdout(sys.__stdout__):
        if event.type == "log":
            output.data(f"{event.asset}: {event.data['message']}")
        elif event.type == "step.ended":
            reason = f" ({event.data['reason']})" if event.data.get("reason") else ""
            output.data(f"{event.asset}: {event.data['state']}{reason}")
