"""`phlo plugin register`: write a package into an index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option("--index", metavar="FILE", default="index.json", show_default=True,
              help="The index, a file; made if it is not there.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the entry, and write nothing.")
@common
def register(cli: Cli, package: Path, index: str, dry_run: bool) -> int:
    """Write the entry of PACKAGE, its folder or its wheel, into an index.

    The newest wheel in its dist/ gives the hash; without one the entry says that it is not
    published yet. An entry for the public index is made in the same way, and proposed there.
    """
    from phlo.packages.register import register as write

    entry, has_changed = write(package, index, is_dry=dry_run)
    if cli.json:
        payload = {"index": index, "changed": has_changed, "entry": asdict(entry)}
        output.show_json("phlo.plugin-register/1", {**payload, "dry_run": dry_run})
        return 0
    would = "would be " if dry_run else ""
    said = f"{would}registered in {index}" if has_changed else f"stands in {index} as it is"
    output.data(f"{entry.distribution} {entry.version} {said}")
    if entry.sha256 is None:
        output.note("note: it has no wheel in dist/, so there is no hash: build it, then again")
    return 0
