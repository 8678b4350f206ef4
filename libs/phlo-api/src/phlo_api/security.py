"""Who may ask: this machine's names only, its own pages only, and only when logged in."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phlo_api.errors import ApiError, NotLoggedIn, Refused
from phlo_api.problems import answer, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from phlo_api.sessions import Session, Sessions

PREFIX = "/api/v1"
#: What is below asks for a token itself, whatever name it was reached by: containers know this
#: machine by another name, and a page that a browser loaded has no token to show.
CATALOG = "/iceberg/"
CSRF_HEADER = "x-phlo-csrf"
#: Answered without a login.
OPEN = frozenset({f"{PREFIX}/healthz", f"{PREFIX}/readyz", f"{PREFIX}/auth/exchange"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Lets a request through, or answers why not.

    A name of another machine in `Host` is how DNS rebinding reaches a local program, so only
    loopback names pass. A page of another origin is recognised by `Origin`, and cannot set the
    header that writes need.
    """

    def __init__(self, app: ASGIApp, *, sessions: Sessions, cookie: str) -> None:
        self._app, self._sessions, self._cookie = app, sessions, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                extra = [*_HEADERS, (b"cache-control", b"no-store")]
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in extra if pair[0] not in names),
                ]
            await send(message)

        if scope["path"].startswith(CATALOG):
            await self._app(scope, receive, send_with_headers)
            return
        try:
            self._check(scope)
        except ApiError as error:
            await answer(problem_of(error, scope["path"]))(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if urlsplit(f"//{host}").hostname not in _LOOPBACK:
            raise Refused(f"'{host}' is no name of this machine")
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            raise Refused(f"a page of '{origin}' may not ask")
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        is_bearer = bool(bearer) and self._sessions.is_token(bearer)
        is_write = scope["method"] not in _READS
        if is_write and not is_bearer and CSRF_HEADER not in headers:
            raise Refused(f"a write without the header '{CSRF_HEADER}'")
        scope.setdefault("state", {})
        scope["state"]["is_bearer"] = is_bearer
        scope["state"]["session"] = session = self._session(headers)
        if scope["path"] not in OPEN and not is_bearer and session is None:
            raise NotLoggedIn

    def _session(self, headers: Mapping[str, str]) -> Session | None:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        found = cookies.get(self._cookie)
        return self._sessions.read(found.value) if found else None
