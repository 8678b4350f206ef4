"""The options of commands that compose, and the `Options` they make."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


#: In the order in which `--help` shows them.
_OPTIONS = (
    click.option("--env", metavar="NAME", envvar="PHLO_ENV",
                 help="Lay this environment over phlo.yaml.  [env: PHLO_ENV]"),
    click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Set one value."),
    click.option("--port", "ports", multiple=True, metavar="SERVICE=N",
                 help="Publish a service's port at N."),
    click.option("--profile", "profiles", multiple=True, metavar="NAME",
                 help="Take in the services of a profile."),
    click.option("--only", multiple=True, metavar="SERVICE",
                 help="Nothing but these and what they need."),
    click.option("--with", "extra", multiple=True, metavar="SERVICE", help="These too."),
    click.option("--without", multiple=True, metavar="SERVICE", help="Not these."),
    click.option("--runtime", type=click.Choice(["native", "docker"]), help="Where they run."),
    click.option("--strict-ports", is_flag=True, help="Never move a port that is taken."),
    click.option("--allow-data-loss", is_flag=True,
                 help="Let phlo.yaml take a data volume away from a service."),
    click.option("--frozen", is_flag=True, help="Use nothing but what phlo.lock says."),
)  # fmt: skip


def composing(function: F) -> F:
    """Add the options that take part in composing; the function gets them as `options`."""
    for option in reversed(_OPTIONS):
        function = option(function)

    @functools.wraps(function)
    def wrapper(
        *args: Any,
        env: str | None,
        runtime: str | None,
        strict_ports: bool,
        allow_data_loss: bool,
        frozen: bool,
        **given: Any,
    ) -> Any:
        from phlo.model.options import Options

        lists = {n: given.pop(n) for n in ("sets", "ports", "profiles", "only", "extra", "without")}
        options = Options(
            env=env or None, runtime=runtime, strict_ports=strict_ports, frozen=frozen,
            allow_data_loss=allow_data_loss, **lists,
        )  # fmt: skip
        return function(*args, options=options, **given)

    return wrapper  # type: ignore[return-value]
