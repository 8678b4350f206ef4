"""The options of commands that turn development mode on and off."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.model.options import Options

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--dev/--no-dev", "dev", default=None,
                 help="Development mode: services start again when their source changes. "
                 "For those named, else for all whose package is installed editable; it stays on "
                 "until --no-dev."),
    click.option("--phlo-source", metavar="PATH",
                 help="With --dev: only services whose source is in this folder."),
)  # fmt: skip


def developing(function: F) -> F:
    """Add the options; they become part of the function's `options`."""
    for option in reversed(_OPTIONS):
        function = option(function)

    @functools.wraps(function)
    def wrapper(
        *args: Any, options: Options, dev: bool | None, phlo_source: str | None, **given: Any
    ) -> Any:
        if dev is None and phlo_source is None:
            return function(*args, options=options, **given)
        from dataclasses import replace

        services = tuple(given.get("names") or ()) if dev else ()
        if phlo_source is not None:
            from phlo.packages.inspect import services_from

            dev, services = True, services_from(phlo_source)
        options = replace(options, dev=dev, dev_services=services)
        return function(*args, options=options, **given)

    return wrapper  # type: ignore[return-value]
