"""`phlo services reset`: remove services with their data, or put a snapshot of it back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.resetting import Reset


@click.command()
@click.argument("names", nargs=-1)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--snapshot/--no-snapshot", "with_snapshot", default=True,
              help="Keep the data in .phlo/snapshots first.")  # fmt: skip
@click.option("--restore", metavar="FILE", type=click.Path(path_type=Path),
              help="Put this snapshot of NAME back, in place of its data.")  # fmt: skip
@common
def reset(
    cli: Cli, names: tuple[str, ...], is_sure: bool, with_snapshot: bool, restore: Path | None
) -> int:
    """Stop services, all if none is NAMED, and remove their containers and data.

    A snapshot of the data is taken first; the last three of each service are kept, and --restore
    puts one back. The lake, the secrets and phlo.yaml stay. Without a terminal, --yes is needed.
    """
    from phlo import resetting
    from phlo.cli.start_view import StartView

    if restore and len(names) != 1:
        raise click.UsageError("--restore puts back the data of one service: name it")
    root = cli.root()
    _ask(names, is_sure, with_snapshot)
    with StartView(quiet=cli.json).watching() as view:
        done = resetting.reset(
            root, names, with_snapshot=with_snapshot, restore=restore,
            on_progress=view, on_wait=output.note,
        )  # fmt: skip
    _show(cli, done)
    return 0


def _ask(names: tuple[str, ...], is_sure: bool, with_snapshot: bool) -> None:
    if is_sure:
        return
    listed = ", ".join(names) or "every service"
    if not sys.stdin.isatty():
        raise click.UsageError(f"this removes the data of {listed}; say --yes if you mean it")
    how = "" if with_snapshot else ", with no way back"
    click.confirm(f"remove the data of {listed}{how}?", abort=True, err=True)


def _show(cli: Cli, done: Reset) -> None:
    if cli.json:
        output.show_json("phlo.reset/1", {
            "removed": list(done.removed),
            "snapshots": [asdict(one) for one in done.snapshots],
            "restored": done.restored,
        })  # fmt: skip
        return
    for one in done.removed:
        output.note(f"removed {one}")
    for kept in done.snapshots:
        output.note(f"snapshot {kept.file} ({kept.size / 1024**2:.1f} MiB)")
        if not done.restored:
            output.note(f"  back: phlo services reset {kept.service} --restore {kept.file}")
    if done.restored:
        output.note(f"restored {done.restored}\n\nnext:\n  phlo services start")
