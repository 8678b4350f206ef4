"""Names of namespaces and tables: in addresses, in the catalog's rows, and as folders.

The protocol lets a name hold any character; pyiceberg's SQL catalog joins the levels of a namespace
by dots. So a dot within a level is written `%2E` in the rows, and what reads them there (pyiceberg,
`phlo tables`) sees one name with no dot in it, and never the name of another table.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from phlo.errors.rest import RequestNotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Between the levels of a namespace in an address.
SEPARATOR = "\x1f"
#: What the catalog's columns are declared for.
_LONGEST = 255
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

Namespace = tuple[str, ...]


def namespace_of(part: str) -> Namespace:
    """Return the namespace that one part of an address names."""
    return checked_namespace(unquote_plus(part).split(SEPARATOR))


def checked_namespace(levels: object) -> Namespace:
    """Return a namespace that can be kept, from its levels.

    Raises:
        RequestNotUnderstood: It has no levels, or one that is no name.
    """
    if not isinstance(levels, (list, tuple)) or not levels:
        raise RequestNotUnderstood("A namespace needs at least one level")
    namespace = tuple(checked_name(level) for level in levels)
    if len(".".join(map(_kept, namespace))) > _LONGEST:
        raise RequestNotUnderstood(f"The namespace is longer than {_LONGEST} characters")
    return namespace


def checked_name(name: object) -> str:
    """Return a name that can be kept.

    Raises:
        RequestNotUnderstood: It is empty, too long, no text, or holds control characters.
    """
    if not isinstance(name, str) or not name.strip():
        raise RequestNotUnderstood("A name must be a text that is not empty")
    if len(_kept(name)) > _LONGEST:
        raise RequestNotUnderstood(f"The name is longer than {_LONGEST} characters")
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in name):
        raise RequestNotUnderstood(f"The name {name!r} holds characters that no name can have")
    return name


def to_row(namespace: Namespace) -> str:
    """Return a namespace as the catalog's rows have it."""
    return ".".join(_kept(level) for level in namespace)


def from_row(text: str) -> Namespace:
    """Return a namespace from the catalog's rows."""
    return tuple(name_from_row(level) for level in text.split("."))


def name_to_row(name: str) -> str:
    """Return a table's name as the catalog's rows have it."""
    return _kept(name)


def name_from_row(text: str) -> str:
    """Return a table's name from the catalog's rows."""
    return text.replace("%2E", ".").replace("%25", "%")


def shown(names: Iterable[str]) -> str:
    """Return a name as messages show it: its parts with dots between."""
    return ".".join(names)


def folder_name(name: str) -> str:
    """Return a name for a folder; two names never share one."""
    safe = _UNSAFE.sub("_", name)[:80]
    if safe == name:
        return name
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _kept(text: str) -> str:
    return text.replace("%", "%25").replace(".", "%2E")
