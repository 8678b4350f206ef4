"""What is between services: who makes something for whom, and which ports containers call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.container import native_needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.model.stack import Stack


def providers_for(stack: Stack, group: Iterable[str]) -> list[str]:
    """Return the services that make something for consumers in a group."""
    found = (
        b.provider for name in group for b in stack.services[name].bindings if b.is_provisioned
    )
    return list(dict.fromkeys(found))


def for_embedded(stack: Stack, group: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the services of a group that make something for what runs inside other processes.

    Nothing of that is started, so nothing else would have it made; where something that is started
    later has the same provider, it is made before that.
    """
    embedded = [name for name, one in stack.services.items() if one.runtime == "embedded"]
    made_later = set(providers_for(stack, after))
    wanted = set(providers_for(stack, embedded)) - made_later
    return [name for name in group if name in wanted]


def reached_by_containers(stack: Stack) -> list[int]:
    """Return the ports of local processes that containers call."""
    needed = {
        name for service in stack.services.values() if service.runtime == "docker"
        for name in native_needs(stack, service)
    }  # fmt: skip
    ports = (port.host for name in needed for port in stack.services[name].ports.values())
    return sorted(port for port in ports if port is not None)
