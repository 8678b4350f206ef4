"""`phlo plugin create`: write a new package that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(["service"]), default="service",
              show_default=True, help="What the package brings.")  # fmt: skip
@click.option("--path", type=click.Path(path_type=Path), default=None, metavar="DIR",
              help="Make its folder here; in the working folder if not given.")  # fmt: skip
@common
def create(cli: Cli, name: str, kind: str, path: Path | None) -> int:
    """Write the package phlo-NAME, which brings the service NAME.

    It runs as it is, with Docker and without, and its tests pass; put your own program into it.
    """
    from phlo.packages.names import check_name_is_free
    from phlo.scaffold.write import create_package

    check_name_is_free(name)
    made = create_package((cli.directory or Path()) / (path or Path()), name)
    if cli.json:
        payload = {"root": str(made.root), "service": made.name, "files": list(made.files)}
        output.show_json("phlo.plugin-create/1", payload)
        return 0
    folder = (
        made.root.relative_to(Path.cwd()) if made.root.is_relative_to(Path.cwd()) else made.root
    )
    for file in made.files:
        output.note(f"  wrote {folder / file}")
    output.note(f"\nnext:\n  cd {folder}\n  pip install -e .\n  phlo services start")
    return 0
