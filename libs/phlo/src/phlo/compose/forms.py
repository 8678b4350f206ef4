"""The short forms of each kind of value, and the long form they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.compose.fields import TABLES, Field, Kind
from phlo.compose.scalars import scalar
from phlo.model.layers import REPLACE, ListEdit, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phlo.compose.source import Source
    from phlo.model.layers import KeyPath, Leaf

    Node = Tree | Leaf | None

_LIST_OPERATORS = frozenset({"$append", "$prepend", "$remove"})


def convert(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """Return the canonical node for a value of a known key, or None after noting what is wrong."""
    if value is None:
        return source.leaf(None, path)
    form = _SHAPES.get(known.kind)
    return form(source, known, value, path) if form else scalar(source, known, value, path)


def record(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A map whose keys are in a table; merged key by key."""
    if not isinstance(value, dict):
        source.wrong(path, known.kind.value, value)
        return None
    fields = TABLES[known.inner or ""]
    tree: Tree = {}
    for key, item in value.items():
        here = (*path, key)
        if key == REPLACE:
            source.replace(tree, item, here)
        elif key in fields:
            _put(tree, key, convert(source, fields[key], item, here))
        elif not key.startswith("x-"):
            source.unknown(here, fields, f"'{path[-1]}'")
    return tree


def _put(tree: Tree, key: str, node: Node) -> None:
    if node is not None:
        tree[key] = node


def text_map(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """`[A=1, B]` or `{A: 1}`: texts as written; a null removes; `B` alone passes through."""
    if isinstance(value, list):
        return _assignments(source, value, path)
    if not isinstance(value, dict):
        source.wrong(path, known.kind.value, value)
        return None
    tree: Tree = {}
    for key, item in value.items():
        here = (*path, key)
        if key == REPLACE:
            source.replace(tree, item, here)
        elif isinstance(item, dict | list):
            source.wrong(here, "a text", item)
        else:
            tree[key] = source.leaf(None if item is None else source.text(here, item), here)
    return tree


def _assignments(source: Source, items: list[Any], path: KeyPath) -> Tree:
    tree: Tree = {}
    for i, item in enumerate(items):
        here = (*path, str(i))
        if isinstance(item, dict | list) or item is None:
            source.wrong(here, "NAME=value", item)
            continue
        name, equals, text = source.text(here, item).partition("=")
        tree[name.strip()] = source.leaf(text if equals else f"${{{name.strip()}}}", here)
    return tree


def _texts(source: Source, known: Field, value: Any, path: KeyPath) -> tuple[str, ...] | None:
    if not isinstance(value, list) or any(isinstance(v, dict | list) or v is None for v in value):
        source.wrong(path, known.kind.value, value)
        return None
    return tuple(source.text((*path, str(i)), v) for i, v in enumerate(value))


def text_list(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A list of texts, or `{$append: …, $prepend: …, $remove: …}`."""
    if isinstance(value, dict):
        return _list_edit(source, known, value, path)
    texts = _texts(source, known, value, path)
    return None if texts is None else source.leaf(texts, path)


def _list_edit(source: Source, known: Field, value: dict[str, Any], path: KeyPath) -> Node:
    parts: dict[str, tuple[str, ...]] = {}
    for key, items in value.items():
        if key not in _LIST_OPERATORS:
            source.operator(key, "is not an operator on a list", (*path, key))
            return None
        texts = _texts(source, known, items, (*path, key))
        if texts is None:
            return None
        parts[key[1:]] = texts
    return source.leaf(ListEdit(**parts), path)


def command(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """An argument list, or a text for a shell."""
    if isinstance(value, str):
        return source.leaf(value, path)
    texts = _texts(source, known, value, path)
    return None if texts is None else source.leaf(texts, path)


def commands(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A list of argument lists."""
    if not isinstance(value, list):
        source.wrong(path, known.kind.value, value)
        return None
    each = Field(Kind.COMMAND, known.doc)
    read = [_texts(source, each, v, (*path, str(i))) for i, v in enumerate(value)]
    return source.leaf(tuple(texts for texts in read if texts is not None), path)


def free_map(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A map whose inner form is the service's own business."""
    if isinstance(value, dict):
        return _free(source, value, path)
    source.wrong(path, known.kind.value, value)
    return None


def _free(source: Source, value: Mapping[str, Any], path: KeyPath) -> Tree:
    tree: Tree = {}
    for key, item in value.items():
        here = (*path, key)
        if key == REPLACE:
            source.replace(tree, item, here)
        elif isinstance(item, dict) and item and set(item) <= _LIST_OPERATORS:
            _put(tree, key, _list_edit(source, Field(Kind.LIST, ""), item, here))
        elif isinstance(item, dict):
            tree[key] = _free(source, item, here)
        else:
            tree[key] = source.leaf(tuple(item) if isinstance(item, list) else item, here)
    return tree


def build(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A folder, or a map."""
    if isinstance(value, str):
        return {"context": source.leaf(value, path)}
    return record(source, known, value, path)


def ready(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """`started`, or a map."""
    if value == "started":
        return {"started": source.leaf(True, path)}
    return record(source, known, value, path)


def program(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """`self`, or a map that says where the program comes from; a new one replaces the old."""
    written = {"self": True} if value == "self" else value
    node = record(source, known, written, path)
    if isinstance(node, dict):
        node[REPLACE] = source.leaf(True, path)
    return node


def native(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A recipe; its `command` is the only process of it."""
    node = record(source, known, value, path)
    if isinstance(node, dict) and (only := node.pop("command", None)) is not None:
        processes = node.setdefault("processes", {})
        if isinstance(processes, dict):
            processes["main"] = {"command": only}
    return node


def depends_on(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A list replaces the declared set; a map merges into it."""
    if not isinstance(value, list):
        return map_of_records(source, known, value, path)
    tree: Tree = {REPLACE: source.leaf(True, path)}
    for i, name in enumerate(value):
        if isinstance(name, str):
            tree[name] = {"required": source.leaf(True, (*path, str(i)))}
        else:
            source.wrong((*path, str(i)), "the name of a service", name)
    return tree


def map_of_records(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A map of names to maps whose keys are in a table; a null removes a name."""
    if not isinstance(value, dict):
        source.wrong(path, known.kind.value, value)
        return None
    tree: Tree = {}
    each = Field(Kind.RECORD, known.doc, inner=known.inner)
    for key, item in value.items():
        here = (*path, key)
        if key == REPLACE:
            source.replace(tree, item, here)
        else:
            _put(tree, key, convert(source, each, item, here))
    return tree


def volumes(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """By path in the container. A list adds: to drop a data volume is never what people want."""
    if isinstance(value, dict):
        texts = {k: v for k, v in value.items() if isinstance(v, str)}
        rest = {k: v for k, v in value.items() if k not in texts}
        node = map_of_records(source, known, rest, path)
        if isinstance(node, dict):
            node |= {k: {"source": source.leaf(v, (*path, k))} for k, v in texts.items()}
        return node
    if not isinstance(value, list):
        source.wrong(path, known.kind.value, value)
        return None
    tree: Tree = {}
    for i, item in enumerate(value):
        _mount(source, item, (*path, str(i)), tree)
    return tree


def _mount(source: Source, item: Any, path: KeyPath, tree: Tree) -> None:
    """Add `source:path` or `source:path:ro`."""
    parts = item.split(":") if isinstance(item, str) else []
    if len(parts) not in (2, 3) or not all(parts) or parts[2:] not in ([], ["ro"], ["rw"]):
        source.wrong(path, "source:path or source:path:ro", item)
        return
    mount: Tree = {"source": source.leaf(parts[0], path)}
    if parts[2:] == ["ro"]:
        mount["read_only"] = source.leaf(True, path)
    tree[parts[1]] = mount


def files(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """By destination."""
    return _keyed(source, known, value, path, "dest", "{template: …, dest: …}")


def watch(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """By the path that is watched."""
    tree = _keyed(source, known, value, path, "path", "{path: …, action: …, target: …}")
    for place, one in tree.items() if isinstance(tree, dict) else ():
        if one == {}:  # a path alone: the image holds it
            one["action"] = source.leaf("rebuild", (*path, place))
    return tree


def _keyed(source: Source, known: Field, value: Any, path: KeyPath, name: str, wanted: str) -> Node:
    """A list of maps, each with its key in it, or the map by that key."""
    if not isinstance(value, list):
        return map_of_records(source, known, value, path)
    tree: Tree = {}
    each = Field(Kind.RECORD, known.doc, inner=known.inner)
    for i, item in enumerate(value):
        here = (*path, str(i))
        if isinstance(item, dict) and isinstance(item.get(name), str):
            rest = {k: v for k, v in item.items() if k != name}
            _put(tree, item[name], record(source, each, rest, here))
        else:
            source.wrong(here, wanted, item)
    return tree


def records(source: Source, known: Field, value: Any, path: KeyPath) -> Node:
    """A list of maps, kept as one value; one text is short for one record with that capability."""
    each = Field(Kind.RECORD, known.doc, inner=known.inner)
    read: list[Tree] = []
    for i, item in enumerate(value if isinstance(value, list) else [value]):
        here = (*path, str(i)) if isinstance(value, list) else path
        if isinstance(item, str):
            read.append({"capability": source.leaf(item, here)})
        else:
            node = record(source, each, item, here)
            read += [node] if isinstance(node, dict) else []
    return source.leaf(tuple(read), path)


_SHAPES: dict[Kind, Callable[[Source, Field, Any, KeyPath], Node]] = {
    Kind.TEXT_MAP: text_map,
    Kind.LIST: text_list,
    Kind.COMMAND: command,
    Kind.COMMANDS: commands,
    Kind.MAP: free_map,
    Kind.RECORD: record,
    Kind.BUILD: build,
    Kind.READY: ready,
    Kind.PROGRAM: program,
    Kind.PROCESSES: map_of_records,
    Kind.DEPENDS: depends_on,
    Kind.VOLUMES: volumes,
    Kind.FILES: files,
    Kind.RECORDS: records,
    Kind.WATCH: watch,
    Kind.NATIVE: native,
}
