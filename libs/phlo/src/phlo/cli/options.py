"""The options every command takes, and what a command gets for them."""

from __future__ import annotations

import functools

import click

TYPE_CHECKING = False  # what `--help` does not need is not imported for it
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


class Cli:
    """What the common options say; the first argument of every command."""

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.json = False
        self.debug = False
        self.no_color = False

    def use(self, directory: str | None) -> None:
        """Take in `-C`; the last one that was given counts."""
        if directory:
            from pathlib import Path

            self.directory = Path(directory)

    def root(self) -> Path:
        """Return the project's folder: `-C`, `PHLO_PROJECT_DIR`, or the nearest upward.

        Raises:
            phlo.errors.config.NoProject: There is none.
        """
        import os

        from phlo.config.locate import find_project

        return find_project(self.directory, os.environ)


#: What the last command asked for, so that an error is shown in the form the user chose.
current = Cli()


def common(function: F) -> F:
    """Add `-C`, `--json`, `--debug`, `--no-color`; the function's first argument is a `Cli`."""

    @click.option("-C", "directory", metavar="DIR", help="Use the project in this folder.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--debug", is_flag=True, help="Show tracebacks.")
    @click.option("--no-color", is_flag=True, help="Print without colour.  [env: NO_COLOR]")
    @functools.wraps(function)
    def wrapper(
        directory: str | None, as_json: bool, debug: bool, no_color: bool, **kwargs: Any
    ) -> Any:
        current.use(directory)
        current.json |= as_json
        current.debug |= debug
        current.no_color |= no_color
        return function(current, **kwargs)

    return wrapper  # type: ignore[return-value]
