"""Changes of YAML files that leave all else as it was written: comments, order, quotes, spaces.

Text goes in and comes out. Whatever is changed, the result is read again: it holds exactly what was
meant, or the change is refused and nothing is written (docs/decisions/0050).
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors import Edit, PhloError
from phlo.errors.config import CannotEdit
from phlo.model.yaml_text import YamlDocument, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phlo.model.layers import KeyPath
    from phlo.model.yaml_text import Span

_BEGINS_LINE = re.compile(r"\s*(?:- )*")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names a service: a key, or a value."""

    path: KeyPath
    is_key: bool


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with its ranges replaced; of two that overlap, the first counts."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def at(line: int, column: int) -> int:
        return min(starts[line - 1] + column - 1, len(text)) if line <= len(lines) else len(text)

    ranges = [(at(e.line, e.column), at(e.end_line, e.end_column), e.replacement) for e in edits]
    kept: list[tuple[int, int, str]] = []
    for start, end, replacement in ranges:
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, replacement))
    for start, end, replacement in sorted(kept, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def remove_service(text: str, file: str, name: str) -> str:
    """Return a configuration without what it says of a service, and without naming it.

    Raises:
        CannotEdit: It cannot be done without touching something else (PHLO-C151).
    """
    while mention := next(_mentions(parse_yaml(text, file), name, instances=False), None):
        text = _without(text, file, mention.path)
    return text


def rename_service(text: str, file: str, old: str, new: str) -> str:
    """Return a configuration that says of one service what it said of another.

    Where it speaks of both already, what it says of the new one stays.

    Raises:
        CannotEdit: It cannot be done without touching something else (PHLO-C151).
    """
    while mention := next(_mentions(parse_yaml(text, file), old, instances=True), None):
        document = parse_yaml(text, file)
        beside = _container(document.data, mention.path)
        if new in (beside if isinstance(beside, list) or mention.is_key else ()):
            text = _without(text, file, mention.path)
        else:
            text = _renamed(text, document, mention, new)
    return text


def remove_value(text: str, file: str, path: KeyPath) -> str:
    """Return a configuration without the value at a path.

    Raises:
        CannotEdit: It cannot be done without touching something else (PHLO-C151).
    """
    return _without(text, file, path)


def _mentions(document: YamlDocument, name: str, *, instances: bool) -> Iterator[Mention]:
    """Yield where a service is named: its overrides, bindings, dependencies, development."""
    data = document.data if isinstance(document.data, dict) else {}
    yield from _in_layer(data, (), name, instances)
    for environment, layer in _items(data.get("environments")):
        yield from _in_layer(layer, ("environments", environment), name, instances)


def _in_layer(layer: Any, base: KeyPath, name: str, instances: bool) -> Iterator[Mention]:
    if not isinstance(layer, dict):
        return
    services = layer.get("services")
    if isinstance(services, dict) and name in services:
        yield Mention((*base, "services", name), is_key=True)
    yield from _values(layer.get("bind"), (*base, "bind"), name)
    yield from _values(layer.get("dev"), (*base, "dev"), name)
    for service, body in _items(services):
        here, said = (*base, "services", service), dict(_items(body))
        yield from _values(said.get("bind"), (*here, "bind"), name)
        needs = said.get("depends_on")
        if isinstance(needs, dict) and name in needs:
            yield Mention((*here, "depends_on", name), is_key=True)
        elif isinstance(needs, list):
            yield from _values(needs, (*here, "depends_on"), name)
        if instances and said.get("extends") == name:
            yield Mention((*here, "extends"), is_key=False)


def _values(node: Any, path: KeyPath, name: str) -> Iterator[Mention]:
    pairs = _items(node) if isinstance(node, dict) else enumerate(node or [])
    if isinstance(node, dict | list):
        yield from (Mention((*path, str(k)), is_key=False) for k, v in pairs if v == name)


def _items(node: Any) -> Iterable[tuple[str, Any]]:
    return node.items() if isinstance(node, dict) else ()


def _renamed(text: str, document: YamlDocument, mention: Mention, new: str) -> str:
    span, file = _span(document, mention.path), document.file
    if mention.is_key:
        edit = Edit(file, span.key_line, span.key_column, span.key_line, span.key_end, new)
    else:
        edit = Edit(file, span.line, span.column, span.end_line, span.end_column, new)
    wanted = deepcopy(document.data)
    beside = _container(wanted, mention.path)
    if mention.is_key:
        moved = {new if k == mention.path[-1] else k: v for k, v in beside.items()}
        beside.clear()
        beside.update(moved)
    else:
        beside[_key(beside, mention.path[-1])] = new
    return _checked(applied(text, [edit]), wanted, file, mention.path)


def _without(text: str, file: str, path: KeyPath) -> str:
    document = parse_yaml(text, file)
    while len(path) > 1 and len(_container(document.data, path)) == 1:
        path = path[:-1]  # what would be left is an empty map or list: it goes too
    wanted = deepcopy(document.data)
    beside = _container(wanted, path)
    del beside[_key(beside, path[-1])]
    span = _span(document, path)
    line = document.lines[span.key_line - 1]
    if _BEGINS_LINE.fullmatch(line[: span.key_column - 1]):
        edit = _lines(document, span)
    else:
        edit = _between(document, path, span)
    return _checked(applied(text, [edit]), wanted, file, path)


def _lines(document: YamlDocument, span: Span) -> Edit:
    """Return the removal of whole lines: the entry, and the comment that stands over it."""
    lines, first, last = document.lines, span.key_line, span.end_line
    if last > len(lines) or not lines[last - 1][: span.end_column - 1].strip():
        last -= 1  # the end of a block is where the next thing begins
    while last > first and _says_nothing(lines[last - 1]):
        last -= 1
    indent = re.match(r"\s*", lines[first - 1])
    above = f"{indent[0] if indent else ''}#"
    while first > 1 and lines[first - 2].startswith(above):
        first -= 1
    return Edit(document.file, first, 1, last + 1, 1, "")


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _between(document: YamlDocument, path: KeyPath, span: Span) -> Edit:
    """Return the removal of an entry between braces, with the comma before or after it."""
    siblings = [str(k) for k in _keys(_container(document.data, path))]
    place = siblings.index(path[-1])
    if place + 1 < len(siblings):
        after = _span(document, (*path[:-1], siblings[place + 1]))
        return Edit(document.file, span.key_line, span.key_column, after.key_line,
                    after.key_column, "")  # fmt: skip
    before = _span(document, (*path[:-1], siblings[place - 1]))
    return Edit(document.file, before.end_line, before.end_column, span.end_line,
                span.end_column, "")  # fmt: skip


def _keys(container: Any) -> Iterable[Any]:
    return container if isinstance(container, dict) else range(len(container))


def _container(data: Any, path: KeyPath) -> Any:
    """Return the map or list that holds the entry at a path."""
    for key in path[:-1]:
        data = data[_key(data, key)]
    return data


def _key(container: Any, key: str) -> Any:
    return int(key) if isinstance(container, list) else key


def _span(document: YamlDocument, path: KeyPath) -> Span:
    if path not in document.spans:
        raise CannotEdit(document.file, ".".join(path), "it comes from an anchor")
    return document.spans[path]


def _checked(text: str, wanted: Any, file: str, path: KeyPath) -> str:
    """Return the text if it holds what was meant, and nothing else."""
    try:
        found = parse_yaml(text, file).data
    except PhloError as error:
        raise CannotEdit(file, ".".join(path), error.message) from error
    if found != wanted:
        raise CannotEdit(file, ".".join(path), "something else would change with it")
    return text
