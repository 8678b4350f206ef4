"""Further processes of a service, as many as a setting of it says: the workers of a Trino.

`companions: {worker: {count: workers, ports: …}}` of `trino` are the services `trino-worker-1` and
so on. Each runs where `trino` runs and has all that `trino` has and is overridden with, but ports,
files and a home of its own; in a template, `parent` is the service that it belongs to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.model.layers import Layered, Leaf, Origin, plain
from phlo.model.service import Companion, Port, ServiceDefinition, ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.model.layers import Tree

#: So many are made at most: more is a slip of the finger.
MOST = 100
#: What a companion does not have of its service.
_NOT_SHARED = frozenset(
    {"ports", "port", "enabled", "depends_on", "profiles", "description", "settings", "bind"}
)
#: Maps that a companion adds to instead of replacing them.
_LAID = ("environment", "files", "labels")


def companions_of(definition: ServiceDefinition, written: Layered) -> Iterator[ServiceDefinition]:
    """Yield the companions of a service.

    Args:
        definition: The service.
        written: What the project's layers say, which may change how many there are.
    """
    for key, companion in definition.companions.items():
        for number in range(1, _count(definition, companion, written) + 1):
            yield _made(definition, companion, f"{definition.name}-{key}-{number}", number)


def copied(own: Tree, base: Tree) -> Tree:
    """Return what a companion has: all of its service, and what is its own."""
    shared = {key: node for key, node in base.items() if key not in _NOT_SHARED}
    found = {**shared, **own}
    for key in _LAID:
        below, above = base.get(key), own.get(key)
        if isinstance(below, dict):
            found[key] = {**below, **(above if isinstance(above, dict) else {})}
    return found


def _count(definition: ServiceDefinition, companion: Companion, written: Layered) -> int:
    node = written.at(("services", definition.name, "settings", companion.count))
    said = None if node is None else plain(node)
    if said is None:
        said = definition.settings[companion.count].default
    try:
        return min(max(int(said), 0), MOST)
    except (TypeError, ValueError):
        return 0  # that it is no number, the setting itself is told


def _made(
    definition: ServiceDefinition, companion: Companion, name: str, number: int
) -> ServiceDefinition:
    ports = {port.name: _moved(port, number - 1) for port in companion.ports.values()}
    origin = Origin("package", definition.where)
    tree = dict(companion.tree)
    tree["ports"] = {
        name: {
            "container": Leaf(port.container, origin),
            "host": Leaf(port.host, origin),
            "protocol": Leaf(port.protocol, origin),
        }
        for name, port in ports.items()
    }
    # It finds its service by itself, whenever that answers.
    edge: Tree = {"condition": Leaf("started", origin), "required": Leaf(True, origin)}
    tree["depends_on"] = {definition.name: edge}
    return ServiceDefinition(
        name=name,
        package=definition.package,
        kind=ServiceKind.SERVICE,
        category=definition.category,
        description=f"{companion.description} {number}",
        ports=ports,
        tree=tree,
        from_project=definition.from_project,
        parent=definition.name,
        where=definition.where,
    )


def _moved(port: Port, by: int) -> Port:
    """Return a port of one companion: nobody outside uses it, so each has its own number."""
    return replace(port, host=None if port.host is None else port.host + by, internal=True)
