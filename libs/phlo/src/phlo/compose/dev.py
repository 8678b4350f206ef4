"""Development mode: which services are in it, and how a local process follows its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.model.layers import plain

if TYPE_CHECKING:
    from phlo.model.layers import Layered
    from phlo.model.options import Options
    from phlo.model.service import ServiceDefinition
    from phlo.model.stack import ResolvedService

RELOAD = "phlo.runtime.native.reload"


def in_dev(definition: ServiceDefinition, own: Layered, options: Options) -> bool:
    """Tell whether a service is in development: named, or editable where all of these are."""
    named = {*own.value(("dev",), []), *options.dev_services}
    all_editable = bool(options.dev) and not options.dev_services
    return definition.name in named or (all_editable and definition.package.editable)


def reloading(
    command: tuple[str, ...], process: str, service: ResolvedService, python: str
) -> tuple[str, ...]:
    """Return a command that starts again when the service's source changes.

    Only for a package that is installed editable: what lies in site-packages is edited by nobody.
    A `modes.dev` that says a command of its own (`uvicorn --reload`) is left to do it.
    """
    package = service.definition.package
    if not (service.in_development and package.editable and package.folder and command):
        return command
    mode = service.definition.modes.get("dev", {})
    said = plain(mode).get("native", {}).get("processes", {}).get(process, {})
    if "command" in said:
        return command
    return (python, "-m", RELOAD, "--watch", package.folder, "--", *command)
