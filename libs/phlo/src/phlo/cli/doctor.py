"""`phlo doctor`: look for what would stop phlo from working."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode, PhloError
from phlo.errors.config import NoProject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from phlo.model.stack import Stack
    from phlo.runtime.doctor import Check

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failure": ("✗", "red")}


@click.command()
@click.option("--strict", is_flag=True, help="Let a warning be a failure.")
@common
def doctor(cli: Cli, strict: bool) -> int:
    """Look at this machine, and at the project if there is one; nothing is changed.

    The exit code is 0 without failures, else 6.
    """
    from phlo.runtime.doctor import examine

    try:
        root: Path | None = cli.root()
    except NoProject:
        if cli.directory is not None:
            raise
        root = None
    made = _composed(root)
    checks = [*examine(root, _ports(made)), *_configuration(made)]
    if cli.json:
        values = [
            {"name": c.name, "level": str(c.level), "detail": c.detail, "fix": c.fix}
            for c in checks
        ]
        output.show_json("phlo.doctor/1", {"checks": values})
    else:
        _show(checks)
    levels = {str(check.level) for check in checks}
    is_bad = "failure" in levels or (strict and "warning" in levels)
    return ExitCode.PREREQUISITE if is_bad else ExitCode.OK


def _composed(root: Path | None) -> Stack | PhloError | None:
    """Return the project's stack, or why there is none; None outside a project."""
    from phlo import pipeline
    from phlo.model.options import Options

    if root is None:
        return None
    try:
        return pipeline.compose(root, Options(env=os.environ.get("PHLO_ENV")), os.environ)
    except PhloError as error:
        return error


def _ports(made: Stack | PhloError | None) -> dict[str, int]:
    """Return the ports that the project's services want; none while it cannot be composed."""
    if made is None or isinstance(made, PhloError):
        return {}
    return {port.key: port.host for port in made.ports if port.host is not None}


def _configuration(made: Stack | PhloError | None) -> list[Check]:
    """Return whether the configuration and the installed packages can be used."""
    from phlo.compose.explain import overridden_wiring
    from phlo.plugins.registry import load_services
    from phlo.runtime.doctor import Check, Level

    found = [
        Check(f"package {one.distribution}", Level.WARNING, one.reason.message, one.reason.fix.text)
        for one in load_services().broken
    ]
    if isinstance(made, PhloError):
        wrong = made.diagnostics()
        found += [Check("configuration", Level.FAILURE, e.message, e.fix.text) for e in wrong]
    elif made is not None:
        found.append(Check("configuration", Level.OK, "phlo.yaml and its layers are valid"))
        found += [
            Check("wiring", Level.OK, f"'{one.path}' hides what phlo wires ({one.said.where})")
            for one in overridden_wiring(made)
        ]
    return found


def _show(checks: Sequence[Check]) -> None:
    from rich.text import Text

    rows = []
    for check in checks:
        mark, style = _MARKS[str(check.level)]
        detail = f"{check.detail}\n→ {check.fix}" if check.fix else check.detail
        rows.append((Text(mark, style), check.name, detail))
    output.table(("", "what", "found"), rows)
