"""Who may ask the Iceberg catalog: each service by a token of its own.

The token is kept as a hash only; the keys of object stores are kept as they are, in a file that
nobody but its owner may read, as the project's secrets are.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: By this name the bearer of phlo-api's own token asks.
ADMIN = "admin"
SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Consumer:
    """A service that may ask."""

    digest: str
    """The hash of its token."""
    stores: Sequence[Mapping[str, str]] = field(default=(), repr=False)
    """How it reaches object stores: its own keys, and addresses as seen from where it runs."""


class Consumers:
    """Those that were let in by wiring, kept for the next start of phlo-api."""

    def __init__(self, folder: Path, token: str) -> None:
        self._file = folder / "catalog-consumers.json"
        self._admin = _digest(token)
        self._lock = threading.Lock()
        self._known: dict[str, Consumer] = self._read()

    def name_of(self, token: str) -> str | None:
        """Return whose token this is; None if it is nobody's."""
        # A hash is compared and not the token, so the time it takes says nothing of the token.
        digest = _digest(token)
        if digest == self._admin:
            return ADMIN
        with self._lock:
            return next((name for name, one in self._known.items() if one.digest == digest), None)

    def stores_of(self, name: str) -> Sequence[Mapping[str, str]]:
        """Return how a service reaches object stores, as their providers told it."""
        with self._lock:
            found = self._known.get(name)
        return found.stores if found else ()

    def admit(self, name: str, token: str, stores: Sequence[Mapping[str, str]] = ()) -> None:
        """Let a service ask by a token; what it had before is good no more."""
        with self._lock:
            known = {**self._known, name: Consumer(_digest(token), stores)}
            if known != self._known:
                self._write(known)
                self._known = known

    def _read(self) -> dict[str, Consumer]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            if found["schema"] != SCHEMA:
                return {}
            return {str(name): Consumer(**one) for name, one in found["consumers"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            # The next start of services tells it again.
            return {}

    def _write(self, known: Mapping[str, Consumer]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{self._file.name}.{uuid.uuid4().hex}")
        consumers: dict[str, Any] = {name: asdict(one) for name, one in known.items()}
        text = json.dumps({"schema": SCHEMA, "consumers": consumers}, indent=1, sort_keys=True)
        draft.touch(mode=0o600)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(self._file)


def _digest(token: str) -> str:
    return hashlib.sha256(b"phlo catalog\0" + token.encode(errors="replace")).hexdigest()
