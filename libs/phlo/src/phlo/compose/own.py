"""Services that phlo.yaml defines: inline, external, further instances of a package's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.capabilities import SECRET_PROPERTIES, slot_of
from phlo.compose.definition import provided
from phlo.errors import Where
from phlo.errors.config import UnknownService
from phlo.errors.values import WrongType
from phlo.model.layers import Layered, Leaf, plain
from phlo.model.service import Package, Port, ServiceDefinition, ServiceKind, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phlo.errors import PhloError
    from phlo.model.layers import Tree
    from phlo.model.service import Installed
    from phlo.model.yaml_text import YamlDocument

_RUNNABLE = ("image", "build", "native")


def written_at(documents: Iterable[YamlDocument]) -> dict[str, Where]:
    """Return where each service's name stands, in the last document that has it."""
    places = {}
    for document in documents:
        services = document.part(("services",)).data
        for name in services if isinstance(services, dict) else ():
            places[name] = document.key_at(("services", name))
    return places


def own_definitions(
    layered: Layered, installed: Installed, places: Mapping[str, Where], errors: list[PhloError]
) -> Iterator[ServiceDefinition]:
    """Yield a definition for each service that the project's layers define.

    Args:
        layered: The project's layers.
        installed: What packages bring.
        places: Where each service's name stands.
        errors: Where faults go.
    """
    for name, tree in _services(layered):
        where = places.get(name)
        extends, kind = _text(tree, "extends"), _text(tree, "type")
        if name in installed.definitions:
            continue
        if base := installed.definitions.get(extends or ""):
            yield replace(base, name=name, from_project=True, where=where)
        elif extends:
            place = layered.where(("services", name, "extends"))
            errors.append(UnknownService(extends, installed=installed.definitions, where=place,
                                         offer=installed.offer(extends)))  # fmt: skip
        elif kind in ("inline", "external"):
            yield _defined(name, tree, kind, where, errors)


def check_known(
    layered: Layered,
    definitions: Mapping[str, ServiceDefinition],
    installed: Installed,
    places: Mapping[str, Where],
    errors: list[PhloError],
    notes: list[str],
) -> None:
    """Refuse services that are neither installed nor defined, unless they are only switched off."""
    broken = {b.name for b in installed.broken}  # selecting one says what is wrong with it
    for name, tree in _services(layered):
        if name in definitions or name in broken or _text(tree, "extends"):
            continue
        if _is_switched_off(tree):
            notes.append(f"'{name}' is disabled in phlo.yaml and not installed")
        else:
            where = places.get(name) or layered.where(("services", name))
            errors.append(UnknownService(name, installed=installed.definitions, where=where,
                                         offer=installed.offer(name)))  # fmt: skip


def _services(layered: Layered) -> Iterator[tuple[str, Tree]]:
    services = layered.at(("services",))
    for name, tree in services.items() if isinstance(services, dict) else ():
        if isinstance(tree, dict):
            yield name, tree


def _defined(
    name: str, tree: Tree, kind: str, where: Where | None, errors: list[PhloError]
) -> ServiceDefinition:
    if kind == "inline" and not any(_is_there(tree.get(key)) for key in _RUNNABLE):
        wanted, place = "a service with an image, a build or a native recipe", where or Where("")
        errors.append(WrongType(f"services.{name}", wanted=wanted, got="none of them", where=place))
    properties = tree.get("properties")
    shared = plain(properties) if isinstance(properties, dict) else {}
    provides = provided(tree.get("provides"))
    stands_for = slot_of(provides) if kind == "external" else None
    secrets = _secrets(shared) if kind == "external" else {}
    shared |= {name: f"{{settings.{name}}}" for name in secrets}
    return ServiceDefinition(
        name=name,
        package=Package("phlo.yaml", ""),
        kind=ServiceKind.EXTERNAL if kind == "external" else ServiceKind.SERVICE,
        category=_text(tree, "category") or stands_for or "custom",
        description=_text(tree, "description") or "",
        ports=_ports(tree),
        settings=secrets,
        provides=tuple(replace(p, properties={**shared, **p.properties}) for p in provides),
        from_project=True,
        where=where,
    )


def _secrets(properties: Mapping[str, str]) -> dict[str, Setting]:
    """Return the properties that nobody may see: rendered files refer to them as to a setting."""
    return {
        name: Setting(name, "secret", is_kept=False) for name in SECRET_PROPERTIES & set(properties)
    }


def _ports(tree: Tree) -> Mapping[str, Port]:
    ports = {}
    node = tree.get("ports")
    for name, port in (node if isinstance(node, dict) else {}).items():
        values = plain(port) if isinstance(port, dict) else {}
        container = values.get("container", values.get("host"))
        if isinstance(container, int):
            protocol, primary = values.get("protocol", "tcp"), values.get("primary", False)
            ports[name] = Port(name, container, None, protocol, primary)
    return ports


def _is_switched_off(tree: Tree) -> bool:
    return set(tree) == {"enabled"} and plain(tree) == {"enabled": False}


def _is_there(node: Tree | Leaf | None) -> bool:
    return isinstance(node, dict) or (isinstance(node, Leaf) and node.value is not None)


def _text(tree: Tree, key: str) -> str | None:
    node = tree.get(key)
    return str(node.value) if isinstance(node, Leaf) and node.value is not None else None
