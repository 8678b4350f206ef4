"""`phlo config schema`: write the JSON Schema for editors."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.option("--stdout", "is_printed", is_flag=True, help="Print it, and write nothing.")
@common
def schema(cli: Cli, is_printed: bool) -> int:
    """Write .phlo/schema.json, by which editors complete and check phlo.yaml.

    It knows the services that are installed. This line at the top of phlo.yaml points to it, and
    `phlo init` writes it: `# yaml-language-server: $schema=.phlo/schema.json`
    """
    from phlo.editor import SCHEMA, schema_text, write_schema

    if is_printed:
        output.data(schema_text())
        return 0
    has_changed = write_schema(cli.root())
    if cli.json:
        output.show_json("phlo.config-schema/1", {"file": SCHEMA, "changed": has_changed})
    else:
        output.note(f"  wrote {SCHEMA}" if has_changed else f"{SCHEMA} is as it must be")
    return 0
