"""`phlo help`: explain an error code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.errors.catalogue import Entry


@click.command("help")
@click.argument("code", required=False)
@common
def help_command(cli: Cli, code: str | None) -> int:
    """Explain an error code, such as PHLO-C104; list them all when none is given."""
    known = known_errors()
    if code is None:
        return _list(cli, known)
    wanted = code.upper() if code.upper().startswith("PHLO-") else f"PHLO-{code.upper()}"
    entry = known.get(wanted)
    if entry is None:
        from phlo.errors.suggest import did_you_mean

        hint = did_you_mean(wanted, known)
        raise click.UsageError(f"no error has the code '{code}'" + (f"; {hint}" if hint else ""))
    if cli.json:
        output.show_json("phlo.error/1", _as_json(entry))
        return 0
    output.data(f"{entry.code}: {entry.title}\n")
    rest = entry.text.partition("\n")[2].strip()
    if rest:
        output.data(f"{rest}\n")
    output.data(f"exit code {entry.exit_code}")
    return 0


def _list(cli: Cli, known: Mapping[str, Entry]) -> int:
    if cli.json:
        output.show_json("phlo.errors/1", {"errors": [_as_json(one) for one in known.values()]})
    else:
        output.table(
            ("code", "exit", "what it is"),
            [(one.code, one.exit_code, one.title) for one in known.values()],
            right=("exit",),
        )
    return 0


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "code": entry.code,
        "title": entry.title,
        "text": entry.text,
        "exit_code": int(entry.exit_code),
    }


def known_errors() -> Mapping[str, Entry]:
    """Return phlo's errors and those of the installed packages, which keep theirs in `errors`."""
    import contextlib
    from importlib import import_module

    from phlo.errors.catalogue import catalogue
    from phlo.plugins.discovery import discover

    for found in discover():
        with contextlib.suppress(Exception):  # a package that is broken explains nothing
            import_module(f"{found.target.partition('.')[0]}.errors")
    return catalogue()
