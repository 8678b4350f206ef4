"""`phlo runs`: what ran, what happened in one run, and ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.checks import CheckOutcome
    from phlo.project import Project
    from phlo.runner.result import RunResult


@click.group()
def runs() -> None:
    """List runs and show what happened in one."""


@runs.command("list")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(min=1))
@click.option("--state", help="Only runs in this state, such as failed or active.")
@click.option("--asset", help="Only runs with this asset.")
@common
def list_runs(cli: Cli, limit: int, state: str | None, asset: str | None) -> int:
    """List runs, the newest first."""
    from phlo.cli.values import at, took

    found = _open(cli).store.runs(limit, state=state, asset=asset)
    if cli.json:
        output.show_json("phlo.runs/1", {"runs": [run.as_json() for run in found]})
        return 0
    rows = [
        (run.id, run.state, run.selection, run.partition, at(run.started_at or run.queued_at),
         took(run.started_at, run.ended_at))
        for run in found
    ]  # fmt: skip
    output.table(("run", "state", "selection", "partition", "began", "took"), rows)
    return 0


@runs.command("show")
@click.argument("run")
@click.option("--log", is_flag=True, help="Show what the functions printed and logged.")
@common
def show(cli: Cli, run: str, log: bool) -> int:
    """Show one run: its steps, its checks with failing rows, its errors. `last` is the newest."""
    project = _open(cli)
    result = project.result(_id(project, run))
    events = project.store.events(result.run.id, limit=100_000)
    lines = [event for event in events if event.type == "log"]
    if cli.json:
        payload = {**result.as_json(), "log": [line.as_json() for line in lines]}
        output.show_json("phlo.run/1", payload)
        return 0
    _show_steps(result)
    for outcome in result.checks:
        if outcome.status not in ("passed", "skipped"):
            _show_check(outcome)
    _show_errors(project, result)
    if log:
        for line in lines:
            output.data(f"{line.asset}: {line.data['message']}")
    elif lines:
        output.note(f"{len(lines)} lines of log: phlo runs show {result.run.id} --log")
    return 0


@runs.command("cancel")
@click.argument("run")
@common
def cancel(cli: Cli, run: str) -> int:
    """Ask a run to end; nothing that it has not published stays."""
    project = _open(cli)
    record = project.cancel(_id(project, run))
    if cli.json:
        output.show_json("phlo.run/1", {"run": record.as_json()})
    else:
        output.note(f"{record.id} is {record.state}")
    return 0


def _open(cli: Cli) -> Project:
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.recover()
    return project


def _id(project: Project, run: str) -> str:
    latest = project.store.runs(1) if run == "last" else ()
    return latest[0].id if latest else run


def _show_steps(result: RunResult) -> None:
    from phlo.cli.values import at, took

    run = result.run
    output.data(
        f"{run.id}  {run.state}  {run.selection}  began {at(run.started_at or run.queued_at)}"
        f"  took {took(run.started_at, run.ended_at)}"
    )
    output.data("")
    rows = [
        (s.asset, s.partition, s.state.replace("_", " "), s.rows_in, s.rows_added, s.rows_updated,
         s.rows_deleted, s.rows_total, took(s.started_at, s.ended_at), s.reason)
        for s in result.steps
    ]  # fmt: skip
    names = ("asset", "partition", "state", "in", "added", "updated", "deleted", "total", "took",
             "why")  # fmt: skip
    output.table(names, rows, right=("in", "added", "updated", "deleted", "total"))


def _show_check(outcome: CheckOutcome) -> None:
    from phlo.cli.progress import check_words
    from phlo.cli.values import cell

    output.data("")
    output.data(f"{outcome.table}  {outcome.spec.name}: {check_words(outcome.as_json())}")
    if outcome.sample_rows:
        rows = [[cell(value) for value in row] for row in outcome.sample_rows]
        output.table(outcome.sample_columns, rows)
    if outcome.sql:
        output.data(f"  again: {' '.join(outcome.sql.split())}")


def _show_errors(project: Project, result: RunResult) -> None:
    from phlo.orchestration.diagnostics import error_from_json

    errors = [step.error for step in result.steps if step.error and step.state == "failed"]
    for error in errors or ([result.run.error] if result.run.error else []):
        output.show_error(error_from_json(error, project.root))
