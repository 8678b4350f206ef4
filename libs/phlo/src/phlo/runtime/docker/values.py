"""What the Compose file leaves open: secrets, their fingerprints, the gateway, the user."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN = re.compile(r"\$\{(PHLO_(?:(SECRET|FINGERPRINT)_([A-Za-z0-9_]+)|GATEWAY|USER))")
_HEAD = "# Written by phlo for .phlo/compose.yaml. It holds secrets: not for version control.\n"
#: Enough to make guessing dear, and no more than a millisecond for each start.
_ROUNDS = 2000


def values_text(
    compose: str,
    secrets: Mapping[str, str],
    *,
    salt: str,
    gateway: str | None = None,
    kept: Mapping[str, str] | None = None,
) -> str:
    """Return the text of `.phlo/.env`.

    Args:
        compose: The Compose file.
        secrets: The project's secrets by name.
        salt: What makes this project's fingerprints its own.
        gateway: This machine's address in the project's network, once that is there.
        kept: Fingerprints that volumes have already: a label of a volume never changes.
    """
    found: dict[str, str] = {}
    for name, kind, secret in _OPEN.findall(compose):
        if kind == "SECRET" and secret in secrets:
            found[name] = secrets[secret]
        elif kind == "FINGERPRINT" and secret in secrets:
            found[name] = (kept or {}).get(secret) or fingerprint(secrets[secret], salt)
        elif name == "PHLO_GATEWAY" and gateway:
            found[name] = gateway
        elif name == "PHLO_USER":
            found[name] = f"{os.getuid()}:{os.getgid()}"
    return _HEAD + "".join(f"{name}={_quoted(found[name])}\n" for name in sorted(found))


def fingerprint(secret: str, salt: str) -> str:
    """Return what tells a secret apart from another one, and does not give it away."""
    salt = re.sub(r"[^A-Za-z0-9]", "", salt)[:12]
    digest = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), _ROUNDS)
    return f"{salt}-{digest.hex()[:24]}"


def is_same(secret: str, mark: str) -> bool:
    """Tell whether a fingerprint is that of a secret."""
    return fingerprint(secret, mark.partition("-")[0]) == mark


def _quoted(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./:@%+=,-]*", value):
        return value
    if "'" not in value and "\n" not in value and "\\" not in value:
        return f"'{value}'"
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{text}"'
