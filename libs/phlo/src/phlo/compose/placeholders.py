"""The placeholders of packages: `{role.property}`, `{port.api}`, `{params.x|default}`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.errors.wiring import UnknownPlaceholder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.errors import Where

_FORM = re.compile(
    r"\{\{|\{(?P<name>[a-z][a-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)?)(?:\|(?P<default>[^{}]*))?\}"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What placeholders stand for in one place."""

    values: Mapping[str, str] = field(default_factory=dict)
    """`catalog.url`, `port.api`, `host` -> the text."""
    unbound: frozenset[str] = frozenset()
    """Roles that are optional and have no provider here."""

    def also(self, values: Mapping[str, str]) -> Scope:
        """Return this scope with further values."""
        return Scope({**self.values, **values}, self.unbound)


def fill(text: str, scope: Scope, *, where: Where | None, path: str) -> str | None:
    """Return a text with its placeholders filled in; None where a role of it is not bound.

    A word in braces that is no placeholder of the scope, such as JSON, stays as it is; `{{` is a
    plain brace.

    Raises:
        UnknownPlaceholder: A role or property is not there (PHLO-W210).
    """
    parts, position = [], 0
    for match in _FORM.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        name = match["name"]
        if name is None:
            parts.append("{")
        elif name in scope.values:
            parts.append(scope.values[name])
        elif name.partition(".")[0] in scope.unbound:
            return None
        elif match["default"] is not None:
            parts.append(_default(match["default"], scope))
        elif "." not in name:
            parts.append(match[0])
        else:
            raise _unknown(match[0], name, scope, where, path)
    return "".join([*parts, text[position:]])


def _default(text: str, scope: Scope) -> str:
    """Return the first name of a default that stands for something, else its last part as it is."""
    names = text.split("|")
    return next((scope.values[name] for name in names if name in scope.values), names[-1])


def has_placeholder(text: object) -> bool:
    """Tell whether a value is a text that names a role's property."""
    return isinstance(text, str) and any("." in (m["name"] or "") for m in _FORM.finditer(text))


def _unknown(
    text: str, name: str, scope: Scope, where: Where | None, path: str
) -> UnknownPlaceholder:
    root = name.partition(".")[0]
    roots = {known.partition(".")[0] for known in scope.values if "." in known}
    if root in roots:
        problem = f"names a property that '{root}' does not have"
        known = [k for k in scope.values if k.startswith(f"{root}.")]
    else:
        problem = f"names '{root}', which is no role of this service"
        known = [k for k in scope.values if "." in k]
    return UnknownPlaceholder(text, problem, known, where=where, path=path)
