"""Step 2b, canonicalise: every short form becomes the one long form, before anything is merged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose import port_forms
from phlo.compose.fields import PACKAGE_FIELDS, PROJECT_FIELDS, SERVICE_FIELDS
from phlo.compose.forms import convert
from phlo.compose.source import Source, dotted
from phlo.errors.values import BadName
from phlo.model.layers import Layer, Leaf, Tree

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from phlo.errors import PhloError
    from phlo.model.layers import KeyPath
    from phlo.model.service import Port, ServiceDefinition
    from phlo.model.yaml_text import YamlDocument

#: Service names are container names, host names, folder names and variables' prefixes.
SERVICE_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


def canonical_project(
    document: YamlDocument, layer: str, definitions: Mapping[str, ServiceDefinition]
) -> tuple[Layer, Sequence[PhloError]]:
    """Return the layer of a phlo.yaml (or an overlay of it) and all that is wrong with it.

    Args:
        document: The parsed file.
        layer: The layer's name, such as `phlo.yaml`.
        definitions: The installed services, whose port names the short forms refer to.
    """
    source = Source(document, layer)
    tree: Tree = {}
    if not isinstance(document.data, dict):
        source.wrong((), "a map such as `name: my-lakehouse`", document.data)
        return Layer(layer), source.errors
    for key, value in document.data.items():
        path = (key,)
        if key == "services":
            tree[key] = _services(source, value, path, definitions)
        elif key == "environments":
            _environments(source, value, path)
        elif key in PROJECT_FIELDS:
            node = convert(source, PROJECT_FIELDS[key], value, path)
            tree |= {key: node} if node is not None else {}
        elif not key.startswith("x-"):
            belongs = f"'{key}' is a service: write services.{key}" if key in definitions else None
            source.unknown(path, PROJECT_FIELDS, "phlo.yaml", belongs)
    return Layer(layer, tree), source.errors


def _environments(source: Source, value: Any, path: KeyPath) -> None:
    """Check the shape only: the overlay that is asked for is read as a document of its own."""
    if not isinstance(value, dict):
        if value is not None:
            source.wrong(path, "a map of environment names", value)
        return
    for name, overlay in value.items():
        if overlay is not None and not isinstance(overlay, dict):
            source.wrong((*path, name), "a map like phlo.yaml", overlay)


def _services(
    source: Source, value: Any, path: KeyPath, definitions: Mapping[str, ServiceDefinition]
) -> Tree:
    tree: Tree = {}
    if not isinstance(value, dict):
        if value is not None:
            source.wrong(path, "a map of service names", value)
        return tree
    for name, body in value.items():
        here = (*path, name)
        if name.startswith("x-"):
            continue
        if not SERVICE_NAME.fullmatch(name):
            where = source.document.key_at(here)
            source.errors.append(BadName(dotted(here), name, where=where))
        elif body is not None and not isinstance(body, dict):
            source.wrong(here, "a map of service keys", body)
        else:
            base = definitions.get(str((body or {}).get("extends") or name))
            own = canonical_service(
                source, body or {}, here, base.ports if base else None, f"service '{name}'",
                settings=base.settings if base else (),
            )  # fmt: skip
            _keep_texts(source, own, here, base)
            tree[name] = own
    return tree


def _keep_texts(
    source: Source, tree: Tree, path: KeyPath, definition: ServiceDefinition | None
) -> None:
    """Give settings that are texts the text as it was written: a version 1.10 is not 1.1."""
    node = tree.get("settings")
    if definition is None or not isinstance(node, dict):
        return
    for setting in definition.settings.values():
        leaf = node.get(setting.name)
        if setting.is_text and isinstance(leaf, Leaf) and isinstance(leaf.value, int | float):
            here = (*path, "settings", setting.name)
            node[setting.name] = source.leaf(source.text(here, leaf.value), here)


def canonical_service(
    source: Source,
    body: Mapping[str, Any],
    path: KeyPath,
    ports: Mapping[str, Port] | None,
    scope: str,
    *,
    package: bool = False,
    settings: Container[str] = (),
) -> Tree:
    """Return one service's canonical tree; faults are noted in `source.errors`.

    Args:
        source: The document.
        body: The service's keys.
        path: Where they stand in the document.
        ports: The ports that the package declares, by name.
        scope: What an error calls this map.
        package: It is a package's own; keys that only a package has are left to the definition.
        settings: The settings that the package declares.
    """
    tree: Tree = {}
    if "port" in body:
        port_forms.primary_port(source, body["port"], (*path, "port"), ports, tree)
    for key, value in body.items():
        here = (*path, key)
        if key.startswith("x-") or (package and key in PACKAGE_FIELDS):
            continue
        if key not in SERVICE_FIELDS:
            known = SERVICE_FIELDS | PACKAGE_FIELDS if package else SERVICE_FIELDS
            belongs = f"'{key}' is a setting of it: write it under 'settings:'"
            source.unknown(here, known, scope, belongs if key in settings else None)
        elif key == "ports":
            node = port_forms.ports(source, value, here, ports)
            if node is not None:
                tree["ports"] = port_forms.joined(node, tree.get("ports"))
        elif key != "port":
            node = convert(source, SERVICE_FIELDS[key], value, here)
            tree |= {key: node} if node is not None else {}
    return tree
