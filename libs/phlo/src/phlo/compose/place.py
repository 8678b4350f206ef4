"""Where a service runs: in a container, as a local process, inside others, or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from phlo.model.layers import Layered
    from phlo.model.options import Machine, Options
    from phlo.model.service import ServiceDefinition


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service runs; no runtime: it cannot run here, and `reason` says why."""

    runtime: str | None
    reason: str = ""


def place(
    definition: ServiceDefinition, layered: Layered, options: Options, machine: Machine
) -> Place:
    """Return where a service runs on this machine.

    What a person said decides, for the call, the service, then the project; else what the package
    prefers, and where that cannot be, the other one.
    """
    if definition.kind in (ServiceKind.EMBEDDED, ServiceKind.EXTERNAL):
        return Place(str(definition.kind))
    base = ("services", definition.name)
    own = None if options.runtime else layered.value((*base, "runtime"))
    said = own or options.runtime or layered.value(("runtime",))
    problems = _problems(definition, layered, machine)
    is_host_only = problems["docker"] == _NO_IMAGE and not problems["native"]
    if said == "docker" and not own and is_host_only:
        # Asked of all: what is made for this machine alone, as phlo-api is, stays beside them.
        return Place("native", _NO_IMAGE)
    if said:
        return Place(None, problems[said]) if problems[said] else Place(said, "asked for")
    preferred = definition.prefers or ("native" if is_host_only else "docker")
    other = "docker" if preferred == "native" else "native"
    if not problems[preferred]:
        return Place(preferred)
    if not problems[other]:
        return Place(other, problems[preferred])
    return Place(None, problems[preferred])


_NO_IMAGE = "it has no container image"
_NO_RECIPE = "it has no recipe for a local process"


def _problems(definition: ServiceDefinition, layered: Layered, machine: Machine) -> dict[str, str]:
    """Return what stands against each runtime; an empty text: nothing."""
    base = ("services", definition.name)
    docker, native = "", machine.missing.get(definition.name, "")
    if not (layered.value((*base, "image")) or layered.at((*base, "build"))):
        docker = _NO_IMAGE
    elif not machine.docker:
        docker = f"it comes as a container image, and {machine.no_docker}"
    if layered.value((*base, "native")) is None:
        native = _NO_RECIPE
    return {"docker": docker, "native": native}
