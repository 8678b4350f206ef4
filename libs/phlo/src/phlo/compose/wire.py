"""Step 4d, wire: the variables that a service gets of those it is bound to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.capabilities import clashing, slug
from phlo.compose.endpoints import address, exports_of, properties_of
from phlo.compose.placeholders import Scope, fill, has_placeholder
from phlo.compose.settings import text_of
from phlo.errors import PhloError
from phlo.errors.wiring import NotPublished, SamePrefix
from phlo.model.layers import WIRING, Layer, Leaf, Origin, Tree
from phlo.model.service import primary_of
from phlo.model.stack import Binding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from phlo.compose.bind import Match
    from phlo.compose.draft import Draft
    from phlo.model.stack import ResolvedPort, ResolvedService


def binding(
    draft: Draft,
    match: Match,
    ports: Mapping[str, Mapping[str, ResolvedPort]],
    settings: Mapping[str, Mapping[str, Any]],
) -> Binding:
    """Return a match with what the consumer is told, as seen from where it stands."""
    provider, own = match.provider, ports.get(match.provider, {})
    port = own.get(match.provided.port or "") or primary_of(own.values())
    reached = None
    if port is not None:
        here, there = draft.places[provider].runtime, draft.places[match.consumer].runtime
        if there == "embedded" and draft.machine.is_container:
            there = "docker"
        reached = address(port, str(here), str(there), draft.machine.gateway)
        if reached is None:
            where = draft.where(provider, "ports", port.name) or draft.where(provider, "ports")
            draft.errors.append(NotPublished(match.consumer, provider, port.name, where=where))
    values = settings.get(provider, {})
    properties: dict[str, str] = {}
    exports: dict[str, str] = {}
    try:
        properties = properties_of(match, port, reached, values)
        exports = exports_of(match, properties, values)
    except PhloError as error:
        draft.errors.append(error)
    return Binding(
        match.consumer, match.required.role, match.required, provider, match.provided.capability,
        properties, exports, match.reason, match.provided.is_provisioned,
    )  # fmt: skip


def wiring_layer(
    draft: Draft,
    project: str,
    bindings: Mapping[str, Sequence[Binding]],
    settings: Mapping[str, Mapping[str, Any]],
) -> Layer:
    """Return layer 3: the computed variables of every selected service."""
    services: Tree = {}
    for name in sorted(draft.selected):
        variables = _variables(draft, project, name, bindings.get(name, ()), settings[name])
        explicit = {
            key for key, leaf in draft.leaves(name, "environment")
            if has_placeholder(leaf.value)
        }  # fmt: skip
        kept: Tree = {k: leaf for k, leaf in variables.items() if k not in explicit}
        services[name] = {"environment": kept}
    return Layer(WIRING, {"services": services})


def _variables(
    draft: Draft,
    project: str,
    name: str,
    bindings: Sequence[Binding],
    settings: Mapping[str, Any],
) -> dict[str, Leaf]:
    definition = draft.definitions[name]
    own = {"PHLO_PROJECT": project, "PHLO_ENV": draft.options.env or "", "PHLO_SERVICE": name}
    if definition.category in ("core", "orchestrator"):
        own["PHLO_PROJECT_DIR"] = draft.machine.root
    found = _leaves(own, "phlo")
    for setting in definition.settings.values():
        if setting.env and settings.get(setting.name) is not None:
            origin = f"settings.{setting.name}"
            found |= _leaves({setting.env: text_of(settings[setting.name])}, origin)
    if draft.value(name, "wire") is False:
        return found
    _check_prefixes(draft, name, bindings)
    for one in bindings:
        origin = f"{name}.{one.role} -> {one.provider}"
        prefix, role = slug(one.provider), f"PHLO_{slug(one.role)}"
        for key, value in one.properties.items():
            found |= _leaves({f"{prefix}_{slug(key)}": value, f"{role}_{slug(key)}": value}, origin)
        found |= _leaves(one.exports, origin)
    return found


def _leaves(values: Mapping[str, str], origin: str) -> dict[str, Leaf]:
    return {key: Leaf(value, Origin(f"{WIRING}: {origin}")) for key, value in values.items()}


def _check_prefixes(draft: Draft, name: str, bindings: Sequence[Binding]) -> None:
    names = clashing(one.provider for one in bindings)
    if names:
        where = draft.definitions[names[-1]].where
        draft.errors.append(SamePrefix(name, names, slug(names[0]), where=where))


def values_of(service: ResolvedService) -> dict[str, str]:
    """Return what the placeholders of a service's own values stand for, by their names."""
    values = {f"settings.{key}": text_of(value) for key, value in service.settings.items()}
    for one in service.bindings:
        for key, value in one.properties.items():
            name = f"{one.role}.{key}"  # a role that takes many: their values, by commas
            values[name] = f"{values[name]},{value}" if name in values else value
    for port in service.ports.values():
        number = port.host if service.runtime == "native" else port.container
        values[f"port.{port.name}"] = str(number)
    if service.parent is not None:
        return {**values_of(service.parent), **_address_of(service.parent), **values}
    return values


def _address_of(service: ResolvedService) -> dict[str, str]:
    """Return where a service is for its own jobs, which run where it does."""
    port = service.primary
    if port is None:
        return {}
    reached = address(port, service.runtime, service.runtime, "")
    return {"host": reached[0], "port": str(reached[1])} if reached else {}


def scope_of(service: ResolvedService) -> Scope:
    """Return the same with the roles that nothing is bound to."""
    whose = service.parent or service
    roles = {required.role for required in whose.definition.requires}
    unbound = roles - {binding.role for binding in whose.bindings}
    return Scope(values_of(service), frozenset(unbound))


def filled(service: ResolvedService, draft: Draft) -> ResolvedService:
    """Return a service with its variables, their placeholders filled in, sorted by name."""
    scope = scope_of(service)
    found: dict[str, Leaf] = {}
    for key, leaf in sorted(draft.leaves(service.name, "environment")):
        path = f"services.{service.name}.environment.{key}"
        try:
            value = leaf.value if leaf.origin.is_computed else fill(
                str(leaf.value), scope, where=leaf.origin.where, path=path
            )  # fmt: skip
        except PhloError as error:
            draft.errors.append(error)
            continue
        if value is not None:
            found[key] = Leaf(value, leaf.origin, leaf.shadowed)
    return replace(service, environment=found)
