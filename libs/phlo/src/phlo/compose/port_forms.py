"""The forms of `port` and `ports`: by name, by number, as Compose writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose.fields import TABLES, Field, Kind
from phlo.compose.scalars import scalar
from phlo.model.layers import REPLACE, Leaf, Tree
from phlo.model.service import primary_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.compose.source import Source
    from phlo.model.layers import KeyPath
    from phlo.model.service import Port

_PORT_TEXT = re.compile(
    r"(?:(?P<bind>[\d.]{7,15}|\[[0-9a-fA-F:]{2,40}\]):)?"
    r"(?:(?P<host>\d{1,5}):)?(?P<container>\d{1,5})(?:/(?P<protocol>tcp|udp))?"
)
#: The name of a port that has none: that of a service of one's own.
MAIN = "main"


def primary_port(
    source: Source, value: Any, path: KeyPath, known: Mapping[str, Port] | None, tree: Tree
) -> None:
    """`port: N` is the host side of the primary port; null does not publish it."""
    primary = primary_of((known or {}).values())
    name = primary.name if primary else MAIN
    published: Tree | Leaf | None
    if value is None:
        published = source.leaf(None, path)
    else:
        leaf = scalar(source, TABLES["port"]["host"], value, path)
        published = {"host": leaf} if leaf else None
    if published is not None:
        tree["ports"] = {name: published}


def ports(
    source: Source, value: Any, path: KeyPath, known: Mapping[str, Port] | None
) -> Tree | Leaf | None:
    """By port name (or container port). A list replaces the whole set; a map merges."""
    if value is None:
        return source.leaf(None, path)
    tree: Tree = {}
    if isinstance(value, list):
        tree[REPLACE] = source.leaf(True, path)
        for i, item in enumerate(value):
            _list_item(source, item, (*path, str(i)), known, tree)
    elif isinstance(value, dict):
        for name, item in value.items():
            _map_item(source, name, item, (*path, name), known, tree)
    else:
        source.wrong(path, Kind.PORTS.value, value)
        return None
    return tree


def joined(named: Tree | Leaf, primary: Tree | Leaf | None) -> Tree | Leaf:
    """Put `port:` and `ports:` of one document together; what `ports:` says of a port wins."""
    if isinstance(named, Leaf) or not isinstance(primary, dict):
        return named
    for name, node in primary.items():
        said = named.get(name)
        if isinstance(node, dict) and isinstance(said, dict):
            named[name] = {**node, **said}
        else:
            named.setdefault(name, node)
    return named


def _map_item(
    source: Source, key: str, item: Any, path: KeyPath, known: Mapping[str, Port] | None, tree: Tree
) -> None:
    from phlo.compose.forms import record  # the forms of all kinds are built on this one too

    if key == REPLACE:
        source.replace(tree, item, path)
        return
    name = _name(key, known)
    if item is None:
        tree[name] = source.leaf(None, path)
    elif isinstance(item, dict):
        node = record(source, Field(Kind.RECORD, "", inner="port"), item, path)
        tree[name] = node if isinstance(node, dict) else {}
    else:
        leaf = scalar(source, TABLES["port"]["host"], item, path)
        if leaf is not None:
            tree[name] = {"host": leaf}


def _name(name: str, known: Mapping[str, Port] | None) -> str:
    """Return the port's name where it was given by its number."""
    number = name.partition("/")[0]
    if known and name not in known:
        for port in known.values():
            if number == str(port.container):
                return port.name
    return name


def _list_item(
    source: Source, item: Any, path: KeyPath, known: Mapping[str, Port] | None, tree: Tree
) -> None:
    text = "" if isinstance(item, dict | list) else source.text(path, item)
    match = _PORT_TEXT.fullmatch(text)
    numbers = [int(n) for n in (match["host"], match["container"]) if n] if match else []
    if not match or not all(0 < n <= 65535 for n in numbers):
        source.wrong(path, 'host:container such as "8080:80"', item)
        return
    port: Tree = {
        "container": source.leaf(numbers[-1], path),
        "host": source.leaf(numbers[0], path),
    }
    if match["bind"]:
        port["bind"] = source.leaf(match["bind"].strip("[]"), path)
    name = _name(match["container"], known)
    if match["protocol"] == "udp":
        port["protocol"] = source.leaf("udp", path)
        name += "/udp" if name == match["container"] else ""
    tree[name] = port
