"""`phlo schedules`: which assets run by themselves, when next, and switching that on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.orchestration.client import OrchestratorClient, ScheduleState


@click.group()
def schedules() -> None:
    """List schedules, and switch them on and off."""


@schedules.command("list")
@click.option("--declared", is_flag=True, hidden=True, help="Ask no service, only the files.")
@common
def list_schedules(cli: Cli, declared: bool) -> int:
    """List the schedules of the assets, who keeps them and when each is due next."""
    from phlo.cli.values import at
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.manifest()
    keeper = project.orchestrator()
    found = () if declared else keeper.schedules()
    if cli.json:
        output.show_json("phlo.schedules/1", {
            "orchestrator": keeper.name,
            "workflows": project.config.workflows,
            "schedules": [_as_json(one) for one in found],
        })  # fmt: skip
        return 0
    rows = [
        (one.name, one.cron, one.timezone, "on" if one.on else "off",
         at(one.next.isoformat()) if one.next else "",
         at(one.last.isoformat()) if one.last else "", one.problem or "")
        for one in found
    ]  # fmt: skip
    output.table(("asset", "cron", "time zone", "is", "next", "last", "problem"), rows)
    _tell_keeper(keeper)
    return 0


@schedules.command("on")
@click.argument("asset")
@common
def switch_on(cli: Cli, asset: str) -> int:
    """Let the schedule of ASSET run it from now on."""
    return _switch(cli, asset, on=True)


@schedules.command("off")
@click.argument("asset")
@common
def switch_off(cli: Cli, asset: str) -> int:
    """Let the schedule of ASSET rest until it is switched on again."""
    return _switch(cli, asset, on=False)


def _switch(cli: Cli, asset: str, *, on: bool) -> int:
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.manifest()
    keeper = project.orchestrator()
    keeper.set_schedule(asset, on)
    if cli.json:
        [state] = [one for one in keeper.schedules() if one.name == asset]
        output.show_json("phlo.schedule/1", {"orchestrator": keeper.name} | _as_json(state))
    else:
        output.note(f"the schedule of '{asset}' is {'on' if on else 'off'} in '{keeper.name}'")
    return 0


def _tell_keeper(keeper: OrchestratorClient) -> None:
    bad = keeper.health().parts.get("schedules", "ok")
    output.note(f"kept by '{keeper.name}'" if bad == "ok" else bad)


def _as_json(one: ScheduleState) -> dict[str, object]:
    return {
        "asset": one.name, "cron": one.cron, "timezone": one.timezone, "on": one.on,
        "next": one.next.isoformat() if one.next else None,
        "last": one.last.isoformat() if one.last else None, "problem": one.problem,
    }  # fmt: skip
