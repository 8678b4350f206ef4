"""`phlo init`: create a project in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=None, required=False)
@click.option("--name", help="The lakehouse's name; the folder's if not given.")
@common
def init(cli: Cli, path: Path | None, name: str | None) -> int:
    """Create a project in PATH, the working folder if not given.

    What is in the folder stays; a folder that has a phlo.yaml is refused.
    """
    from phlo.editor import SCHEMA, write_schema
    from phlo.scaffold.write import create_project

    folder = (cli.directory or Path()) / (path or Path())
    made = create_project(folder, name)
    write_schema(made.root)
    if cli.json:
        payload = {"root": str(made.root), "name": made.name, "files": [*made.files, SCHEMA]}
        output.show_json("phlo.init/1", payload)
        return 0
    for file in (*made.files, SCHEMA):
        output.note(f"  wrote {folder / file}")
    steps = ["phlo services start", "phlo materialize"]
    if made.root != Path.cwd():
        steps.insert(0, f"cd {_quoted(str(folder))}")
    output.note("\nnext:")
    for step in steps:
        output.note(f"  {step}")
    return 0


def _quoted(text: str) -> str:
    import shlex  # asked for once, at the end

    return shlex.quote(text)
