"""What a browser may do with these pages, and which requests are answered at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def headers(nonce: str | None = None) -> dict[str, str]:
    """Return the headers of a page: nothing but this origin, and no script in the page itself.

    Args:
        nonce: What the page's own style elements carry; CodeMirror makes such elements.
    """
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return {
        "content-security-policy": (
            f"default-src 'self'; script-src 'self'; style-src {styles}; img-src 'self' data:;"
            " worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
            " frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


class Gate:
    """Answers only what was meant for this machine's name, and came from a page of its own.

    A foreign name in `Host` is how DNS rebinding reaches a local program.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] == "http" and (refusal := _refusal(scope)) is not None:
            response = PlainTextResponse(refusal + "\n", 403, headers())
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal(scope: Scope) -> str | None:
    found = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    host = found.get("host", "")
    if urlsplit(f"//{host}").hostname not in _LOOPBACK:
        return f"'{host}' is no name of this machine"
    origin = found.get("origin")
    if origin is not None and origin != f"http://{host}":
        return f"a page of '{origin}' may not ask"
    return None
