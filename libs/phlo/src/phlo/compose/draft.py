"""A stack in the making: what composing works with, and what it has found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import family
from phlo.model.layers import DROPPED, REPLACE, Leaf
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.compose.place import Place
    from phlo.errors import PhloError, Where
    from phlo.model.layers import Layered, Tree
    from phlo.model.options import Machine, Options
    from phlo.model.service import Installed, ServiceDefinition


@dataclass(slots=True)
class Draft:
    """The merged layers with what they mean, filled in step by step by the modules of `compose`."""

    installed: Installed
    definitions: Mapping[str, ServiceDefinition]
    """Installed ones, instances of them, and those that phlo.yaml defines."""
    layered: Layered
    options: Options
    machine: Machine
    places: Mapping[str, Place] = field(default_factory=dict)
    selected: dict[str, str] = field(default_factory=dict)
    """What will run -> why."""
    skipped: dict[str, str] = field(default_factory=dict)
    """What will not -> why."""
    notes: list[str] = field(default_factory=list)
    warnings: list[PhloError] = field(default_factory=list)
    errors: list[PhloError] = field(default_factory=list)
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The services that provide something of each family, sorted; looked up for every need."""

    def __post_init__(self) -> None:
        """Note who provides what, once: a project may have hundreds of needs."""
        found: dict[str, set[str]] = {}
        for name, definition in self.definitions.items():
            for provided in definition.provides:
                found.setdefault(family(provided.capability), set()).add(name)
        self.providers = {key: tuple(sorted(names)) for key, names in found.items()}

    def at(self, service: str, *path: str) -> Tree | Leaf | None:
        """Return what the layers say at a path of a service."""
        return self.layered.at(("services", service, *path))

    def value(self, service: str, *path: str, default: Any = None) -> Any:
        """Return a plain value of a service."""
        return self.layered.value(("services", service, *path), default)

    def where(self, service: str, *path: str) -> Where | None:
        """Return the place of a value of a service."""
        return self.layered.where(("services", service, *path))

    def entries(self, service: str, *path: str) -> Iterator[tuple[str, Tree | Leaf]]:
        """Yield the entries of a map of a service that were not removed."""
        node = self.at(service, *path)
        for key, child in node.items() if isinstance(node, dict) else ():
            removed = isinstance(child, Leaf) and child.value is None
            if key not in (REPLACE, DROPPED) and not removed:
                yield key, child

    def leaves(self, service: str, *path: str) -> Iterator[tuple[str, Leaf]]:
        """Yield the single values of a map of a service."""
        for key, node in self.entries(service, *path):
            if isinstance(node, Leaf):
                yield key, node

    def select(self, service: str, reason: str) -> None:
        """Take a service in, and with it the jobs and companions that belong to it."""
        self.selected[service] = reason
        self.skipped.pop(service, None)
        for name in (n for n, one in self.definitions.items() if one.parent == service):
            where = self.where(name, "enabled")
            if name in self.options.without:
                self.skipped[name] = "left out by --without"
            elif self.value(name, "enabled") is False:
                self.skipped[name] = f"disabled at {told(where, 'phlo.yaml')}"
            else:
                is_job = self.definitions[name].kind is ServiceKind.JOB
                self.select(name, f"a job of '{service}'" if is_job else f"belongs to '{service}'")

    def runs(self, service: str) -> bool:
        """Tell whether a selected service is something that is started."""
        return self.places[service].runtime in ("native", "docker")


def told(where: Where | None, otherwise: str) -> str:
    """Return a place in words."""
    return str(where) if where else otherwise
