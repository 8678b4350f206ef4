"""What can be reached from other machines, and whether it is open to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from phlo.compose.interpolate import SECRET_PREFIX
from phlo.compose.layers import is_package
from phlo.errors.overrides import ReachableWithDefault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.compose.draft import Draft
    from phlo.model.stack import ResolvedPort, ResolvedService

_CREDENTIAL = re.compile(r"(?i)(?:password|passwd|secret|token|api_?key|access_?key)$")
_LOOPBACK = re.compile(r"127\.|::1$|localhost$")


def check_reach(draft: Draft, service: ResolvedService) -> None:
    """Note each port that is bound beyond this machine; warn where a password is a known one."""
    reached = [p for p in service.ports.values() if p.host is not None and is_beyond(p)]
    for port in reached:
        at = f"{port.bind}:{port.host}"
        draft.notes.append(f"'{port.key}' can be reached from other machines: it is bound to {at}")
    known = dict.fromkeys(_known_credentials(draft, service)) if reached else {}
    for name in known:
        where = draft.where(service.name, "ports", reached[0].name, "bind")
        draft.warnings.append(
            ReachableWithDefault(service.name, name, reached[0].bind, where=where)
        )


def is_beyond(port: ResolvedPort) -> bool:
    """Tell whether a port is bound to more than this machine's loopback."""
    return not _LOOPBACK.match(port.bind)


def _known_credentials(draft: Draft, service: ResolvedService) -> Iterator[str]:
    """Yield what a service is given as a credential and everybody can read in its package."""
    for setting in service.definition.settings.values():
        named = _CREDENTIAL.search(setting.name) or _CREDENTIAL.search(setting.env or "")
        value = service.settings.get(setting.name)
        if named and not setting.is_secret and value and value == setting.default:
            yield f"settings.{setting.name}"
    for name, leaf in draft.leaves(service.name, "environment"):
        text = str(leaf.value or "")
        if _CREDENTIAL.search(name) and is_package(leaf) and text and not _is_filled(text):
            yield f"environment.{name}"


def _is_filled(text: str) -> bool:
    """Tell whether a text is made of a secret, or of what others say."""
    return SECRET_PREFIX in text or "{" in text or text.startswith("/")
