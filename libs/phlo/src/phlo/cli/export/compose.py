"""`phlo export compose`: the project's containers as a folder for docker compose."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command()
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), default=Path("compose"),
              show_default=True, help="The folder to write.")  # fmt: skip
@click.option("--with-secrets", is_flag=True, help="Write the values of secrets into .env, too.")
@click.option("--force", "is_forced", is_flag=True, help="Write over what the folder holds.")
@composing
@common
def compose(cli: Cli, folder: Path, with_secrets: bool, is_forced: bool, options: Options) -> int:
    """Write a folder from which `docker compose up` runs the project's containers.

    It holds the Compose file, the configuration files and all that is mounted from the project; it
    needs no phlo. What runs as local processes only is left out and named.
    """
    from phlo.export import export_compose

    made = export_compose(
        cli.root(), folder.absolute(), options, os.environ,
        with_secrets=with_secrets, is_forced=is_forced,
    )  # fmt: skip
    if cli.json:
        output.show_json("phlo.export-compose/1", {
            "folder": str(made.folder), "services": list(made.services),
            "left_out": dict(made.left_out), "secrets_without_value": list(made.secrets),
        })  # fmt: skip
        return 0
    output.data(f"{folder}: {', '.join(made.services)}")
    for name, why in sorted(made.left_out.items()):
        output.note(f"left out: {name} ({why})")
    if made.secrets:
        output.note(f"fill in {folder}/.env: {', '.join(made.secrets)}")
    output.note(f"next:\n  docker compose -f {folder}/compose.yaml up")
    return 0
