"""Who is logged in: links that work once, and signed cookies that outlive a restart."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

LINK_SECONDS = 15 * 60
SESSION_SECONDS = 7 * 24 * 3600
#: More links than this are never open: the oldest goes.
_MOST_LINKS = 50


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in."""

    id: str
    expires: int

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(self.expires, UTC)


class Sessions:
    """Makes and checks links and cookies; the key is derived from the service's token."""

    def __init__(self, token: str) -> None:
        self._key = hashlib.sha256(b"phlo session\0" + token.encode()).digest()
        self._token = token.encode()
        self._links: dict[str, float] = {}
        self._ended: set[str] = set()

    def is_token(self, given: str) -> bool:
        """Whether this is the bearer token."""
        return hmac.compare_digest(given.encode(), self._token)

    def new_link(self) -> tuple[str, datetime]:
        """Return the token of a link that works once, and when it ends."""
        self._drop_old()
        token = secrets.token_urlsafe(24)
        expires = time.time() + LINK_SECONDS
        self._links[_digest(token)] = expires
        return token, datetime.fromtimestamp(expires, UTC)

    def exchange(self, token: str) -> str | None:
        """Return the cookie that a link's token is good for, once; None if it is not."""
        self._drop_old()
        if self._links.pop(_digest(token), None) is None:
            return None
        id_, expires = secrets.token_urlsafe(12), int(time.time()) + SESSION_SECONDS
        return f"{id_}.{expires}.{self._sign(id_, expires)}"

    def read(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None if it is no good."""
        parts = cookie.split(".")
        if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit():
            return None
        id_, expires, signature = parts[0], int(parts[1]), parts[2]
        if not hmac.compare_digest(signature.encode(), self._sign(id_, expires).encode()):
            return None
        if expires < time.time() or id_ in self._ended:
            return None
        return Session(id_, expires)

    def end(self, session: Session) -> None:
        """Let a cookie be good no more."""
        self._ended.add(session.id)

    def _sign(self, id_: str, expires: int) -> str:
        return hmac.new(self._key, f"{id_}.{expires}".encode(), "sha256").hexdigest()

    def _drop_old(self) -> None:
        now = time.time()
        kept = {k: v for k, v in self._links.items() if v > now}
        self._links = dict(list(kept.items())[-_MOST_LINKS:])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
