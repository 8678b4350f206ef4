"""Single values: switches, numbers, texts, durations, sizes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose.fields import Kind
from phlo.compose.source import dotted
from phlo.errors.values import BadName, QuotedBoolean
from phlo.model.durations import DURATION_FORM

if TYPE_CHECKING:
    from phlo.compose.fields import Field
    from phlo.compose.source import Source
    from phlo.model.layers import KeyPath, Leaf

_NAME = re.compile(r"\S(.{0,198}\S)?")
_SIZE = re.compile(r"\d{1,15}(\.\d{1,6})?\s*([kKmMgGtT]i?)?[bB]?")
_SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off"})

#: The patterns of the kinds that stay texts.
FORMS = {
    Kind.NAME: _NAME,
    Kind.DURATION: DURATION_FORM,
    Kind.SIZE: _SIZE,
    Kind.MODE: re.compile(r"(0o?)?[0-7]{3}"),
}


def scalar(source: Source, known: Field, value: Any, path: KeyPath) -> Leaf | None:
    """Return the leaf of a single value, checked against its kind."""
    if isinstance(value, dict | list):
        source.wrong(path, known.kind.value, value)
        return None
    if is_interpolated(value):
        return source.leaf(value, path)
    if known.kind is Kind.BOOL:
        return _boolean(source, value, path)
    if known.kind in (Kind.INT, Kind.PORT):
        return _number(source, known.kind, value, path)
    leaf = _text(source, known.kind, value, path)
    if leaf is not None and known.choices and leaf.value not in known.choices:
        source.bad(path, leaf.value, f"one of {', '.join(known.choices)}", known.choices)
        return None
    return leaf


def is_interpolated(value: Any) -> bool:
    """Tell whether a value depends on a variable, so that its type is known later."""
    return isinstance(value, str) and "${" in value


def _text(source: Source, kind: Kind, value: Any, path: KeyPath) -> Leaf | None:
    text = source.text(path, value)
    form = FORMS.get(kind)
    if form is None or form.fullmatch(text):
        return source.leaf(text, path)
    if kind is Kind.NAME:
        where = source.document.value_at(path)
        source.errors.append(BadName(dotted(path), text, where=where))
    else:
        source.wrong(path, kind.value, value)
    return None


def _boolean(source: Source, value: Any, path: KeyPath) -> Leaf | None:
    if isinstance(value, bool):
        return source.leaf(value, path)
    if isinstance(value, str) and value.lower() in _SWITCHES:
        where = source.document.value_at(path)
        source.errors.append(QuotedBoolean(dotted(path), value, where=where))
    else:
        source.wrong(path, Kind.BOOL.value, value)
    return None


def _number(source: Source, kind: Kind, value: Any, path: KeyPath) -> Leaf | None:
    if isinstance(value, bool) or not isinstance(value, int):
        source.wrong(path, kind.value, value)
        return None
    if kind is Kind.PORT and not 0 < value <= 65535:
        source.bad(path, value, kind.value)
        return None
    return source.leaf(value, path)
