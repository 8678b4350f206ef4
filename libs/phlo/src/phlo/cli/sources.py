"""The options of commands that take packages from somewhere."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.packages.call import Call, Change

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--index", metavar="FILE|URL",
                 help="Ask this index before phlo's own; else `index:` of phlo.yaml."),
    click.option("--find-links", metavar="DIR",
                 help="Take wheels from this folder; else `find_links:` of phlo.yaml."),
    click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing."),
)  # fmt: skip


def changing(function: F) -> F:
    """Add the options; the function gets them as a `Call` named `call`, after its `Cli`."""
    for option in reversed(_OPTIONS):
        function = option(function)

    @functools.wraps(function)
    def wrapper(
        cli: Any, *, index: str | None, find_links: str | None, dry_run: bool, **given: Any
    ) -> Any:
        from pathlib import Path

        from phlo.cli import output
        from phlo.errors.config import NoProject
        from phlo.packages.call import Call

        try:
            root = cli.root()
        except NoProject:
            if cli.directory:
                raise
            root = None  # outside a project only the environment changes
        links = Path(find_links).expanduser().absolute() if find_links else None
        return function(cli, call=Call(root, index, links, dry_run, output.note), **given)

    return wrapper  # type: ignore[return-value]


def show_change(cli: Any, call: Call, change: Change, schema: str, nothing: str) -> int:
    """Print what changed, or would."""
    from phlo.cli import output

    if cli.json:
        output.show_json(schema, {**change.as_json(), "dry_run": call.is_dry})
        return 0
    if change.is_empty:
        output.note(nothing)
        return 0
    would = "would be " if call.is_dry else ""
    show_lines(change, would)
    return 0


def show_lines(change: Change, would: str) -> None:
    """Print the lines of a change."""
    from phlo.cli import output

    for name, version in change.install.items():
        before = change.before.get(name)
        from_ = f" (was {before})" if before and before != version else ""
        output.data(f"{name} {version} {would}installed into {change.place}{from_}")
    for name, version in change.before.items():
        if name not in change.install:
            output.data(f"{name} {version} {would}taken out of {change.place}")
    for requirement in change.others:
        output.note(f"  with {requirement}")
    for file in change.files:
        output.note(f"  {file} {would}changed")
    for note in change.notes:
        output.note(f"note: {note}")
