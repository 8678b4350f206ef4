"""`phlo config explain`: say who set a value, and over what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.compose.explain import Explained, Said
    from phlo.model.options import Options


@click.command()
@click.argument("path")
@composing
@common
def explain(cli: Cli, path: str, options: Options) -> int:
    """Say what the value at PATH is, who set it, and what it overrides.

    PATH is a value or what holds some: services.observatory.ports, observatory.ports.web.host.
    """
    from phlo import pipeline
    from phlo.compose.explain import explain as explain_path

    stack = pipeline.look(cli.root(), options, os.environ)
    found = explain_path(stack, path)
    if cli.json:
        output.show_json("phlo.config-explain/1", {"values": [as_json(one) for one in found]})
        return 0
    for one in found:
        output.data(f"{one.path} = {text(one.said.value)}")
        output.data(f"    {_who(one.said)}")
        for said in one.overrides:
            output.data(f"    over {text(said.value)}   {_who(said)}")
        if one.note:
            output.data(f"    note: {one.note}")
    return 0


def text(value: Any) -> str:
    """Return a value as phlo.yaml would have it."""
    import json

    return value if isinstance(value, str) else json.dumps(value, default=str)


def as_json(one: Explained) -> dict[str, Any]:
    """Return an explained value as JSON values."""
    return {
        "path": one.path,
        **_said(one.said),
        "overrides": [_said(said) for said in one.overrides],
        "note": one.note,
    }


def _said(said: Said) -> dict[str, Any]:
    where = said.where
    return {
        "value": said.value,
        "layer": said.layer,
        "file": where.file if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
    }


def _who(said: Said) -> str:
    if said.where is None or said.where.file == said.layer:
        return str(said.where or said.layer)
    if said.where.line is None and said.layer.endswith(said.where.file):
        return said.layer  # a variable, which the layer names already
    return f"{said.layer}, {said.where}"
