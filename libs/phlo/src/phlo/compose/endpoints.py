"""Step 4d, wire: where a provider answers, from where its consumer stands, and what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from phlo.compose.capabilities import slug
from phlo.compose.placeholders import Scope, fill
from phlo.compose.settings import text_of
from phlo.model.stack import SecretNeed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from phlo.compose.bind import Match
    from phlo.model.stack import ResolvedPort

LOOPBACK = "127.0.0.1"

#: Properties that are addresses: what is put into them is percent-encoded.
_ADDRESSES = frozenset({"url", "dsn", "jdbc_url", "endpoint"})
#: One placeholder and nothing else: the value is the address, and no part of one.
_WHOLE = re.compile(r"\{[^{}]*\}")
_NO_SCHEME = frozenset({"tcp", "udp"})


def address(
    port: ResolvedPort, provider_runtime: str, consumer_runtime: str, gateway: str
) -> tuple[str, int] | None:
    """Return host and port of a provider from where a consumer stands; None: out of reach."""
    if provider_runtime == "docker" and consumer_runtime == "docker":
        return port.service, port.container
    if port.host is None:
        return None
    if consumer_runtime == "docker":
        return gateway, port.host
    return LOOPBACK if port.bind in ("0.0.0.0", "::") else port.bind, port.host


def properties_of(
    match: Match,
    port: ResolvedPort | None,
    reached: tuple[str, int] | None,
    settings: Mapping[str, Any],
) -> dict[str, str]:
    """Return what a consumer is told of its provider.

    Host, port, scheme and url follow from the port; what service.yaml writes goes before them.
    """
    known: dict[str, str] = {}
    if port is not None and reached is not None:
        host, number = reached
        known = {"host": host, "port": str(number)}
        if port.protocol not in _NO_SCHEME:
            known |= {"scheme": port.protocol, "url": f"{port.protocol}://{host}:{number}"}
    written = match.provided.properties
    return {**known, **_filled(match, written, known, settings)}


def exports_of(
    match: Match, properties: Mapping[str, str], settings: Mapping[str, Any]
) -> dict[str, str]:
    """Return the further variables that a provider gives its consumers."""
    return _filled(match, match.provided.exports, properties, settings)


def _filled(
    match: Match, texts: Mapping[str, str], known: Mapping[str, str], settings: Mapping[str, Any]
) -> dict[str, str]:
    filled = {}
    for name, text in texts.items():
        encode = quote if name in _ADDRESSES and not _WHOLE.fullmatch(text) else str
        scope = Scope(
            {
                **known,
                **_of_consumer(match),
                **{f"params.{k}": _put(v, encode) for k, v in match.required.params.items()},
                **{f"settings.{k}": _put(text_of(v), encode) for k, v in settings.items()},
            }
        )
        path = f"services.{match.provider}.provides.{name}"
        value = fill(text, scope, where=match.provided.where, path=path)
        if value is not None:
            filled[name] = value
    return filled


def own_secret(match: Match) -> SecretNeed | None:
    """Return the password that a consumer has for itself at a provider that makes one for each.

    It belongs to a user. Where that is the consumer's one user (`consumer.user`), the password is
    the same in all its roles; else each role has its own.
    """
    if not match.provided.is_provisioned:
        return None
    name = f"{slug(match.provider)}_FOR_{slug(match.consumer)}"
    setting = f"{match.provider}.password"
    if "consumer.user" not in match.provided.properties.get("user", ""):
        name += f"_{slug(match.required.role)}"
        setting = f"{match.required.role}.password"
    return SecretNeed(name, match.consumer, setting, length=32, is_kept=False)


def _of_consumer(match: Match) -> dict[str, str]:
    """Return what a provider that makes something for each consumer may call it by."""
    need = own_secret(match)
    if need is None:
        return {}
    return {
        "consumer.user": slug(match.consumer).lower(),
        "consumer.login": f"{slug(match.consumer).lower()}-{match.required.role}",
        "consumer.password": need.reference,
    }


def _put(value: str, encode: Any) -> str:
    """Return a value for an address; a secret's reference stays one (secrets are URL-safe)."""
    return value if value.startswith("${") else str(encode(value))
