"""The project's orchestrator: the one of an installed service, or phlo's own runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.errors.orchestrator import OrchestratorRefused, UnknownOrchestrator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.model.stack import Stack
    from phlo.orchestration.client import OrchestratorClient

#: phlo's own, which needs no service.
RUNNER = "runner"
_CAPABILITY = "orchestrator"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who makes the project's runs."""

    client: OrchestratorClient | None
    """None: the runner."""
    note: str | None = None
    """Why it is not the one that one would think."""


def open_orchestrator(root: Path, environ: Mapping[str, str], name: str | None = None) -> Chosen:
    """Return the orchestrator that makes runs.

    The service that is selected for it, if it runs; else the runner.

    Args:
        root: The project's folder.
        environ: The process environment.
        name: The one that somebody asked for, whether it runs or not.

    Raises:
        UnknownOrchestrator: The project has none of that name.
        PhloError: The project cannot be composed.
    """
    client = open_service(root, environ, name)
    if client is not None and name is None and not _answers(client):
        return Chosen(None, f"'{client.name}' does not run, so phlo's own runner does it")
    return Chosen(client)


def open_service(
    root: Path, environ: Mapping[str, str], name: str | None = None
) -> OrchestratorClient | None:
    """Return the client of the service that makes runs, whether it runs or not; None: the runner.

    Args:
        root: The project's folder.
        environ: The process environment.
        name: Which one; the one that is selected if not given.

    Raises:
        UnknownOrchestrator: The project has none of that name.
        PhloError: The project cannot be composed.
    """
    if name == RUNNER:
        return None
    if not _is_installed():
        if name is not None:
            raise UnknownOrchestrator(name, [RUNNER])
        return None

    # Everything that composes; the runner needs none of it.
    from phlo.pipeline import compose
    from phlo.runtime.started import as_placed

    stack = compose(root, as_placed(root), environ)
    known = [one for one in stack.services if _provides(stack, one)]
    if name is not None and name not in known:
        raise UnknownOrchestrator(name, [RUNNER, *known])
    chosen = name or next(iter(known), None)
    return None if chosen is None else _client(stack, chosen)


def _is_installed() -> bool:
    from phlo.plugins.registry import load_services

    installed = load_services().definitions.values()
    return any(p.capability == _CAPABILITY for one in installed for p in one.provides)


def _provides(stack: Stack, name: str) -> bool:
    provided = stack.services[name].definition.provides
    return any(one.capability == _CAPABILITY for one in provided)


def _client(stack: Stack, name: str) -> OrchestratorClient:
    from phlo.compose.host import host_properties
    from phlo.plugins.registry import load_plugin

    plugin = load_plugin(name, needs=f"runs with '{name}'")
    told = host_properties(stack, stack.services[name])
    client: OrchestratorClient | None = plugin.orchestrator(told)
    if client is None:
        raise UnknownOrchestrator(name, [RUNNER])
    return client


def _answers(client: OrchestratorClient) -> bool:
    try:
        client.definitions()
    except OrchestratorRefused:
        return False
    return True
