"""The ports of the selected services: what is asked for, and where each one is put."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.layers import is_package
from phlo.compose.ports import Wish, plan_ports
from phlo.errors import Where
from phlo.errors.config import UnknownPort
from phlo.model.layers import AUTO, Layer, Leaf, Origin, Tree, plain
from phlo.model.stack import ResolvedPort

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from phlo.compose.draft import Draft

Ports = dict[str, dict[str, ResolvedPort]]


def place_ports(draft: Draft, project: str, order: Sequence[str]) -> Ports:
    """Return the ports of each service, by service and name, with their host ports planned."""
    asked = {name: {p.name: p for p in _asked(draft, name)} for name in order}
    wishes = [
        Wish(port.key, port.host, port.pinned, port.origin.where if port.origin else None)
        for ports in asked.values()
        for port in ports.values()
        if port.host is not None
    ]
    plan = plan_ports(
        wishes, project=project, taken=draft.machine.taken, before=draft.machine.ports,
        strict=draft.options.strict_ports,
    )  # fmt: skip
    draft.errors += plan.errors
    draft.notes += plan.notes
    return {
        name: {key: _placed(port, plan.ports) for key, port in ports.items()}
        for name, ports in asked.items()
    }


def _placed(port: ResolvedPort, plan: Mapping[str, int]) -> ResolvedPort:
    host = plan.get(port.key)
    if host == port.host:
        return port
    return replace(port, host=host, wanted=port.host, origin=Origin(AUTO))


def allocation_layer(ports: Mapping[str, Mapping[str, ResolvedPort]]) -> Layer:
    """Return layer 9: the host ports that phlo chose."""
    services: Tree = {}
    for name, own in ports.items():
        moved: Tree = {
            p.name: {"host": Leaf(p.host, p.origin)} for p in own.values()
            if p.origin is not None and p.origin.layer == AUTO
        }  # fmt: skip
        if moved:
            services[name] = {"ports": moved}
    return Layer(AUTO, {"services": services})


def _asked(draft: Draft, service: str) -> Iterator[ResolvedPort]:
    """Yield the ports of a service with the host port that each asks for."""
    if not draft.runs(service):
        return
    declared = draft.definitions[service].ports
    written = dict(draft.entries(service, "ports"))
    for name in dict.fromkeys([*declared, *written]):
        node = written.get(name)
        own, base = node if isinstance(node, dict) else {}, declared.get(name)
        values = plain(own)
        number = values.get("container") or (base.container if base else values.get("host", 0))
        if base is None and "container" not in values and not name.partition("/")[0].isdigit():
            where = draft.where(service, "ports", name) or Where("phlo.yaml")
            draft.errors.append(UnknownPort(service, name, declared, where=where))
            continue
        host = own.get("host")
        leaf = host if isinstance(host, Leaf) and host.value is not None else None
        internal = values.get("internal", base.internal if base else False)
        is_said = name in written and not internal
        if internal and draft.places[service].runtime == "docker" and leaf and is_package(leaf):
            leaf = None
        yield ResolvedPort(
            service=service,
            name=name,
            container=number,
            host=leaf.value if leaf else _unsaid(draft, service, is_said, number),
            bind=values.get("bind", "127.0.0.1"),
            protocol=values.get("protocol") or (base.protocol if base else "tcp"),
            primary=values.get("primary", base.primary if base else False),
            internal=internal,
            pinned=leaf is not None and not is_package(leaf),
            origin=leaf.origin if leaf else None,
        )


def _unsaid(draft: Draft, service: str, is_published: bool, number: int) -> int | None:
    """Return the host port where no number is given: a local process has to listen somewhere."""
    if is_published or draft.places[service].runtime == "native":
        return number
    return None
