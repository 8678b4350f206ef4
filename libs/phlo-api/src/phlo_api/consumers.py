"""Who may ask the Iceberg catalog: each service by a token of its own, kept as a hash only."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: By this name the bearer of phlo-api's own token asks.
ADMIN = "admin"
SCHEMA = 1


class Consumers:
    """The tokens that were given to services by wiring, kept for the next start of phlo-api."""

    def __init__(self, folder: Path, token: str) -> None:
        self._file = folder / "catalog-consumers.json"
        self._admin = _digest(token)
        self._lock = threading.Lock()
        self._names: dict[str, str] = self._read()

    def name_of(self, token: str) -> str | None:
        """Return whose token this is; None if it is nobody's."""
        # A hash is compared and not the token, so the time it takes says nothing of the token.
        digest = _digest(token)
        if digest == self._admin:
            return ADMIN
        with self._lock:
            return self._names.get(digest)

    def admit(self, name: str, token: str) -> None:
        """Let a service ask by a token; what it had before is good no more."""
        with self._lock:
            kept = {digest: other for digest, other in self._names.items() if other != name}
            kept[_digest(token)] = name
            if kept != self._names:
                self._write(kept)
                self._names = kept

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            return {}
        return {str(digest): str(name) for digest, name in found.get("consumers", {}).items()}

    def _write(self, names: dict[str, str]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{self._file.name}.{uuid.uuid4().hex}")
        text = json.dumps({"schema": SCHEMA, "consumers": names}, indent=1, sort_keys=True)
        draft.touch(mode=0o600)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(self._file)


def _digest(token: str) -> str:
    return hashlib.sha256(b"phlo catalog\0" + token.encode(errors="replace")).hexdigest()
