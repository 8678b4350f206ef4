"""The options every command takes, and what a command gets for them."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(slots=True)
class Cli:
    """What the common options say; the first argument of every command."""

    directory: Path | None = None
    json: bool = False
    debug: bool = False
    no_color: bool = False

    def root(self) -> Path:
        """Return the project's folder: `-C`, `PHLO_PROJECT_DIR`, or the nearest upward.

        Raises:
            phlo.errors.config.NoProject: There is none.
        """
        from phlo.config.locate import find_project

        return find_project(self.directory, os.environ)


#: What the last command asked for, so that an error is shown in the form the user chose.
current = Cli()


def common(function: F) -> F:
    """Add `-C`, `--json`, `--debug`, `--no-color`; the function's first argument is a `Cli`."""

    @click.option("-C", "directory", type=click.Path(path_type=Path, file_okay=False), default=None,
                  help="Use the project in this folder.")  # fmt: skip
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--debug", is_flag=True, help="Show tracebacks.")
    @click.option("--no-color", is_flag=True, help="Print without colour.  [env: NO_COLOR]")
    @functools.wraps(function)
    def wrapper(
        directory: Path | None, as_json: bool, debug: bool, no_color: bool, **kwargs: Any
    ) -> Any:
        current.directory = directory or current.directory
        current.json |= as_json
        current.debug |= debug
        current.no_color |= no_color
        return function(current, **kwargs)

    return wrapper  # type: ignore[return-value]
