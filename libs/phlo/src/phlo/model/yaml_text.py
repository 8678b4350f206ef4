"""YAML text to values and their places: YAML 1.2 core, duplicates refused, nothing executed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.errors import Where
from phlo.errors.config import UnreadableFile
from phlo.errors.values import DuplicateKey, UnsupportedYaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yaml.error import Mark
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

KeyPath = tuple[str, ...]

MOST_BYTES = 4_000_000
MOST_NODES = 200_000
MOST_DEPTH = 64

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]{1,4000}")
_OCT = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {
    ".nan": float("nan"),
    ".inf": float("inf"),
    "+.inf": float("inf"),
    "-.inf": -float("inf"),
}
_CORE_TAGS = tuple(
    f"tag:yaml.org,2002:{t}" for t in ("str", "int", "float", "bool", "null", "map", "seq")
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a key and its value stand; lines and columns from 1."""

    key_line: int
    key_column: int
    key_end: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One file: plain values, and for each path its place and its text as written."""

    file: str
    data: Any
    spans: Mapping[KeyPath, Span] = field(default_factory=dict)
    texts: Mapping[KeyPath, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def value_at(self, path: KeyPath) -> Where:
        """Return the place of the value at a path, or of the nearest place above it."""
        span = self._nearest(path)
        if span is None:
            return Where(self.file)
        return Where(
            self.file, span.line, span.column, span.end_line, span.end_column, self._line(span.line)
        )

    def key_at(self, path: KeyPath) -> Where:
        """Return the place of the key at a path."""
        span = self._nearest(path)
        if span is None:
            return Where(self.file)
        return Where(
            self.file,
            span.key_line,
            span.key_column,
            span.key_line,
            span.key_end,
            self._line(span.key_line),
        )

    def part(self, path: KeyPath) -> YamlDocument:
        """Return the document at a path of this one; its places stay those of the file."""
        data: Any = self.data
        for key in path:
            data = data.get(key) if isinstance(data, dict) else None
        depth = len(path)
        spans = {p[depth:]: span for p, span in self.spans.items() if p[:depth] == path}
        texts = {p[depth:]: text for p, text in self.texts.items() if p[:depth] == path}
        return YamlDocument(self.file, data, spans, texts, self.lines)

    def under(self, path: KeyPath) -> YamlDocument:
        """Return a document that holds this one at a path: `{services: {trino: …}}`."""
        data = self.data
        for key in reversed(path):
            data = {key: data}
        spans = {(*path, *p): span for p, span in self.spans.items()}
        texts = {(*path, *p): text for p, text in self.texts.items()}
        return YamlDocument(self.file, data, spans, texts, self.lines)

    def _nearest(self, path: KeyPath) -> Span | None:
        for end in range(len(path), -1, -1):
            if path[:end] in self.spans:
                return self.spans[path[:end]]
        return None

    def _line(self, line: int) -> str | None:
        return self.lines[line - 1] if 0 < line <= len(self.lines) else None


def parse_yaml(raw: bytes | str, file: str) -> YamlDocument:
    """Return the document in a file's bytes; an empty file is an empty mapping.

    Args:
        raw: The content.
        file: The name shown in errors.

    Raises:
        UnreadableFile: Not UTF-8, or not YAML (PHLO-C102).
        UnsupportedYaml: Tags, recursion, several documents, keys that are not text (PHLO-C103).
        DuplicateKey: A key written twice in one mapping (PHLO-C107).
    """
    text = _decode(raw, file)
    lines = tuple(text.splitlines())
    node = _compose(text, file, lines)
    if node is None:
        return YamlDocument(file, {}, lines=lines)
    reader = _Reader(file, text, lines)
    data = reader.read(node, (), ())
    return YamlDocument(file, data, reader.spans, reader.texts, lines)


def _decode(raw: bytes | str, file: str) -> str:
    if len(raw) > MOST_BYTES:
        raise UnreadableFile(
            Where(file), f"it is larger than {MOST_BYTES // 1_000_000} MB",
            fix="keep configuration small; data belongs into other files",
        )  # fmt: skip
    if isinstance(raw, str):
        return raw.removeprefix("\ufeff")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise UnreadableFile(
            Where(file, line, column), f"byte {raw[error.start]:#04x} is not UTF-8",
            fix="save the file as UTF-8",
        ) from None  # fmt: skip


def _compose(text: str, file: str, lines: tuple[str, ...]) -> Node | None:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_depth(text, file, loader)
        documents = list(yaml.compose_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        problem = ", ".join(p for p in (error.context, error.problem) if p)
        mark = error.problem_mark or error.context_mark
        raise UnreadableFile(_place(file, mark, lines), problem or "not YAML") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = f"the character {_printable(error.character)} is not allowed"
        raise UnreadableFile(
            Where(file, line, column), problem, fix="remove the character"
        ) from None
    except yaml.YAMLError as error:
        raise UnreadableFile(Where(file), str(error)) from None
    if len(documents) > 1:
        where = _place(file, documents[1].start_mark, lines)
        raise UnsupportedYaml(
            where,
            "a second document begins here",
            fix="keep one document in the file: remove the '---'",
        )
    return documents[0] if documents else None


def _printable(character: object) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else repr(character)


def _refuse_depth(text: str, file: str, loader: Any) -> None:
    """Refuse deep nesting from the event stream: composing recurses, parsing does not."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else None
            raise UnsupportedYaml(
                Where(file, line),
                f"values are nested more than {MOST_DEPTH} deep",
                fix="flatten the file",
            )


def _place(file: str, mark: Mark | None, lines: tuple[str, ...]) -> Where:
    if mark is None:
        return Where(file)
    source = lines[mark.line] if mark.line < len(lines) else None
    return Where(file, mark.line + 1, mark.column + 1, source=source)


class _Reader:
    """Walk the node tree once, keeping places and source texts."""

    def __init__(self, file: str, text: str, lines: tuple[str, ...]) -> None:
        self.file, self.text, self.lines = file, text, lines
        self.spans: dict[KeyPath, Span] = {}
        self.texts: dict[KeyPath, str] = {}
        self.count = 0

    def read(
        self, node: Node, path: KeyPath, above: tuple[int, ...], key: Node | None = None
    ) -> Any:
        """Return the value of a node and note where it stands."""
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        self.count += 1
        if self.count > MOST_NODES or id(node) in above:
            raise UnsupportedYaml(
                _place(self.file, node.start_mark, self.lines),
                "anchors expand to too much, or to themselves",
                fix="write the value out instead of '*alias'",
            )
        self.spans[path] = _span(node, key)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        inside = (*above, id(node))
        if isinstance(node, SequenceNode):
            return self._sequence(node, path, inside)
        assert isinstance(node, MappingNode)
        return self._mapping(node, path, inside)

    def _sequence(self, node: SequenceNode, path: KeyPath, above: tuple[int, ...]) -> list[Any]:
        return [self.read(item, (*path, str(i)), above) for i, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: KeyPath, above: tuple[int, ...]) -> dict[str, Any]:
        if node.tag not in _CORE_TAGS:
            raise self._tagged(node)
        result: dict[str, Any] = {}
        merged: list[Node] = []
        seen: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key == "<<" and not key_node.style:
                merged.append(value_node)
                continue
            if key in seen:
                raise DuplicateKey(
                    key,
                    where=_place(self.file, key_node.start_mark, self.lines),
                    first=_place(self.file, seen[key].start_mark, self.lines),
                )
            seen[key] = key_node
            result[key] = self.read(value_node, (*path, key), above, key_node)
        for value_node in merged:
            self._merge_key(value_node, path, above, result)
        return result

    def _merge_key(
        self, node: Node, path: KeyPath, above: tuple[int, ...], result: dict[str, Any]
    ) -> None:
        """Lay `<<: *anchor` (a mapping, or several of them) under the keys written out."""
        from yaml.nodes import MappingNode, SequenceNode

        sources = node.value if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, MappingNode) or id(source) in above:
                raise UnsupportedYaml(
                    _place(self.file, node.start_mark, self.lines),
                    "'<<' takes a mapping or a list of mappings",
                    fix="point it at an anchor on a mapping: <<: *defaults",
                )
            for key_node, value_node in source.value:
                key = self._key(key_node)
                if key not in result:
                    result[key] = self.read(
                        value_node, (*path, key), (*above, id(source)), key_node
                    )

    def _key(self, node: Node) -> str:
        from yaml.nodes import ScalarNode

        if not isinstance(node, ScalarNode):
            raise UnsupportedYaml(
                _place(self.file, node.start_mark, self.lines), "a key must be a text",
                fix="if you meant a value with braces, quote it: \"{...}\"",
            )  # fmt: skip
        return str(node.value)

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        text: str = node.value
        self.texts[path] = text
        written = self.text[node.start_mark.index : node.start_mark.index + 200]
        explicit = re.match(r"(&\S+\s+)?!", written)
        if explicit:
            if node.tag != "tag:yaml.org,2002:str":
                raise self._tagged(node)
            return text
        return text if node.style in ("'", '"', "|", ">") else plain_scalar(text)

    def _tagged(self, node: Node) -> UnsupportedYaml:
        return UnsupportedYaml(
            _place(self.file, node.start_mark, self.lines), "YAML tags ('!...') are not used here",
            fix="remove the tag; quote the value if it should stay a text",
        )  # fmt: skip


def _span(node: Node, key: Node | None) -> Span:
    start, end = node.start_mark, node.end_mark
    at = key or node
    return Span(
        key_line=at.start_mark.line + 1,
        key_column=at.start_mark.column + 1,
        key_end=at.end_mark.column + 1,
        line=start.line + 1,
        column=start.column + 1,
        end_line=end.line + 1,
        end_column=end.column + 1,
    )


def plain_scalar(text: str) -> Any:
    """Return what an unquoted scalar means in the YAML 1.2 core schema."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    if _OCT.fullmatch(text):
        return int(text[2:], 8)
    if _HEX.fullmatch(text):
        return int(text[2:], 16)
    if text.lower() in _SPECIAL:
        return _SPECIAL[text.lower()]
    return float(text) if _FLOAT.fullmatch(text) else text
