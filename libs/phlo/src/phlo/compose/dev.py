"""Development mode: which services are in it, and what is watched for them (section: dev)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.compose.layers import is_package
from phlo.model.layers import Leaf, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phlo.model.layers import Layered
    from phlo.model.options import Options
    from phlo.model.service import ServiceDefinition
    from phlo.model.stack import ResolvedService, Stack

RELOAD = "phlo.runtime.native.reload"


@dataclass(frozen=True, slots=True)
class Watched:
    """A path of a service's source, and what is done in its container when it changes.

    The words are those of Compose's `develop.watch`.
    """

    path: str
    action: str
    """`sync+restart`, or `rebuild`."""
    target: str | None = None
    """Where it is in the container."""


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


def watched(stack: Stack, service: ResolvedService) -> Iterator[Watched]:
    """Yield what is watched for a service that runs in a container: mounts, then its image."""
    if not service.in_development:
        return
    folder = service.definition.package.folder
    base = ("services", service.name)
    mounts = stack.layered.at((*base, "volumes"))
    for target, one in sorted(mounts.items()) if isinstance(mounts, dict) else ():
        source = one.get("source") if isinstance(one, dict) else None
        if isinstance(source, Leaf) and str(source.value).startswith("."):
            start = folder if is_package(source) else stack.root
            yield Watched(_joined(start, str(source.value)), "sync+restart", target)
    context = stack.layered.leaf((*base, "build", "context"))
    if context is not None and context.value:
        start = folder if is_package(context) else stack.root
        yield Watched(_joined(start, str(context.value)), "rebuild")


def _joined(folder: str, path: str) -> str:
    parts: Sequence[str] = [part for part in path.split("/") if part not in ("", ".")]
    return path if path.startswith("/") else "/".join([folder, *parts])
