"""The variables of a project's services for programs on this machine that are no service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.bind import Match
from phlo.compose.capabilities import slug
from phlo.compose.endpoints import address, exports_of, properties_of
from phlo.model.service import Required, primary_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.service import Provided
    from phlo.model.stack import ResolvedService, Stack


def host_environment(stack: Stack) -> Mapping[str, str]:
    """Return `<PROVIDER>_<PROPERTY>` of every service that gives something, sorted by name.

    Addresses are those of this machine; secrets stay references. `PHLO_PROJECT` and
    `PHLO_PROJECT_DIR` say which project it is.
    """
    found = {"PHLO_PROJECT": stack.project.slug, "PHLO_PROJECT_DIR": stack.root}
    if stack.env:
        found["PHLO_ENV"] = stack.env
    for service in stack.services.values():
        found |= variables_of(stack, service)
    return dict(sorted(found.items()))


def host_properties(stack: Stack, service: ResolvedService) -> dict[str, str]:
    """Return what programs on this machine are told of one service: `url`, `host` and so on."""
    prefix = f"{slug(service.name)}_"
    return {
        key.removeprefix(prefix).lower(): value
        for key, value in variables_of(stack, service).items()
        if key.startswith(prefix)
    }


def variables_of(stack: Stack, service: ResolvedService) -> dict[str, str]:
    """Return the variables of one service."""
    found: dict[str, str] = {}
    # Where one service gives several things, its first one has the plain names.
    for provided in sorted(service.definition.provides, key=lambda one: one.priority):
        found |= _of(stack, service, provided)
    return found


def _of(stack: Stack, service: ResolvedService, provided: Provided) -> dict[str, str]:
    port = service.ports.get(provided.port or "") or primary_of(service.ports.values())
    # Host programs stand where native services stand.
    here = "docker" if stack.is_container else "native"
    reached = address(port, service.runtime, here, stack.gateway) if port else None
    provided = replace(provided, is_provisioned=False)  # they are nobody's consumer
    needed = Required(provided.capability, "host")
    match = Match("host", needed, service.name, provided, "")
    properties = properties_of(match, port, reached, service.settings)
    prefix = slug(service.name)
    return {
        **{f"{prefix}_{slug(key)}": value for key, value in properties.items()},
        **exports_of(match, properties, service.settings),
    }
