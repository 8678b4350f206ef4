"""`phlo demo`: make and run an example lakehouse with real data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.demo.run import Demo

FOLDER = "phlo-demo"


@click.command()
@click.option("--stop", "is_stop", is_flag=True, help="End the demo and delete its folder.")
@click.option("--keep", "is_kept", is_flag=True, help="With --stop: leave the folder.")
@click.option("--open/--no-open", "is_opened", default=None,
              help="Open Observatory in the browser; by default on a desktop.")  # fmt: skip
@click.option(
    "--stack",
    type=click.Choice(["local", "defaults"]),
    default="local",
    show_default=True,
    help="Embedded parts alone, or a server for each part.",
)
@click.option("--runtime", type=click.Choice(["native", "docker"]),
              help="Where the servers run; by default where each prefers.")  # fmt: skip
@common
def demo(
    cli: Cli, is_stop: bool, is_kept: bool, is_opened: bool | None, stack: str, runtime: str | None
) -> int:
    """Make and run an example: every flight that left New York in 2013.

    The project is ./phlo-demo. It is left running, to be looked at; change its workflows and run
    `phlo materialize` in it. The exit code is 0 only if everything is up and every number is right.
    """
    root = (cli.directory or Path()).absolute() / FOLDER
    return _stop(cli, root, is_kept) if is_stop else _run(cli, root, is_opened, stack, runtime)


def _stop(cli: Cli, root: Path, is_kept: bool) -> int:
    from phlo.cli.start_view import StartView
    from phlo.demo.run import stop_demo

    with StartView(quiet=cli.json).watching() as view:
        stopped = stop_demo(root, is_kept=is_kept, on_progress=view)
    if cli.json:
        payload = {"stopped": list(stopped), "deleted": not is_kept}
        output.show_json("phlo.demo-stop/1", payload)
    elif not is_kept:
        output.note(f"deleted {root}")
    return 0


def _run(cli: Cli, root: Path, is_opened: bool | None, stack: str, runtime: str | None) -> int:
    from phlo.cli.browser import open_page
    from phlo.cli.progress import RunView
    from phlo.cli.start_view import StartView
    from phlo.demo.run import Watch, run_demo

    def say(part: str) -> None:
        if not cli.json:
            output.note(f"\n{part}")

    watch = Watch(
        on_part=say,
        services=lambda: StartView(quiet=cli.json).watching(),
        run=lambda: RunView(quiet=cli.json).watching(),
    )
    made = run_demo(root, os.environ, watch, stack=stack, runtime=runtime)
    if cli.json:
        output.show_json("phlo.demo/1", _payload(made))
        return 0
    _show(made)
    if made.login_url:
        open_page(made.login_url, is_wanted=is_opened)
    return 0


def _payload(made: Demo) -> dict[str, object]:
    from phlo.cli.services.status import payload

    return {
        "root": str(made.root),
        "rows": dict(made.truth.rows),
        "seconds": {part: round(taken, 3) for part, taken in made.seconds.items()},
        "login_url": made.login_url,
        "run": made.result.run.as_json(),
        "services": payload(made.status)["services"],
    }


def _show(made: Demo) -> None:
    truth = made.truth
    rows = {name: f"{count:,}" for name, count in truth.rows.items()}
    output.note("")
    output.data(f"The lakehouse is running in {made.root}")
    output.data("")
    output.data(
        f"  {rows['flights']} flights, {rows['weather']} hours of weather, "
        f"{rows['planes']} planes, {rows['airports']} airports, {rows['airlines']} airlines"
    )
    output.data(f"  counted alike in the files and by {', '.join(made.readers)}")
    output.data("")
    output.data("  What the checks found is in the data:")
    for count, what, so in (
        (truth.unknown_planes, "flights of planes in no register", "a warning on raw.flights"),
        (truth.impossible_winds, "hour with a wind above 200 mph", "a warning on raw.weather"),
        (truth.unlisted_destinations, "destinations in no list of airports",
         "marts.destinations is held back"),
    ):  # fmt: skip
        output.data(f"  {count:>8,} {what:<36} {so}")
    output.data("")
    for part, taken in made.seconds.items():
        output.data(f"  {taken:6.1f} s  {part}")
    output.data("")
    _show_services(made)
    output.data(f"""
open   {made.login_url}
try    cd {made.root.name}
       phlo query "select * from marts.weather_impact order by mean_delay_minutes desc"
       phlo runs show last
end    phlo demo --stop""")


def _show_services(made: Demo) -> None:
    """Show each service that runs, with the memory it takes."""
    from phlo.cli.values import size

    for service in made.status.services:
        if service.memory_bytes:
            output.data(f"  {size(service.memory_bytes):>9}  {service.name}")
