"""`phlo secrets list`: the secrets of the project's services, their values masked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.options import Options


@click.command("list")
@composing
@common
def list_secrets(cli: Cli, options: Options) -> int:
    """List the secrets: whose each is, where its value comes from, and a fingerprint of it."""
    from phlo import pipeline
    from phlo.runtime.secrets import fingerprint, read

    root = cli.root()
    stack = pipeline.look(root, options, os.environ)
    kept = read(root).values
    rows = []
    for need in stack.secrets:
        value = need.given if need.given is not None else kept.get(need.name)
        source = str(need.origin) if need.given is not None else "made by phlo"
        rows.append({
            "name": need.name, "service": need.service,
            "source": source if value is not None else "not made yet",
            "fingerprint": fingerprint(value) if value is not None else None,
        })  # fmt: skip
    if cli.json:
        output.show_json("phlo.secrets/1", {"secrets": rows})
    else:
        columns = ("name", "service", "source", "fingerprint")
        output.table(columns, [[row[column] for column in columns] for row in rows])
    return 0
