"""Passing `/api` through to phlo-api as it comes: nothing is kept, nothing is waited for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import httpx
from starlette.responses import JSONResponse, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

#: Headers that belong to one connection, and those that phlo-api is told anew.
_OWN = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "origin", "forwarded", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "accept-encoding", "date", "server",
    }
)  # fmt: skip

#: A stream of events says nothing for as long as nothing happens: no limit on reading.
_TIMEOUT = httpx.Timeout(5.0, read=None, write=60.0)


class PassThrough:
    """Sends requests on to one address, which only the environment can set."""

    def __init__(self, api_url: str) -> None:
        self._url = httpx.URL(api_url)
        # Not a client, which would keep the cookie of who logs in and send it for everybody.
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        self._transport = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.aclose()

    async def __call__(self, request: Request) -> Response:
        """Answer a request with phlo-api's answer."""
        url = self._url.copy_with(
            raw_path=request.scope["raw_path"].split(b"?")[0]
            + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
        )
        has_body = request.method not in ("GET", "HEAD", "DELETE")
        onward = httpx.Request(
            request.method,
            url,
            headers=[(k, v) for k, v in request.headers.items() if k not in _OWN],
            content=request.stream() if has_body else None,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        try:
            answer = await self._transport.handle_async_request(onward)
        except httpx.HTTPError as error:
            return unreachable(request.url.path, error)
        response = StreamingResponse(_body(answer), answer.status_code)
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if _is_passed(name)
        ]
        return response


def unreachable(path: str, error: Exception) -> JSONResponse:
    """Return the problem that says that phlo-api does not answer."""
    problem = {
        "type": "urn:phlo:error:PHLO-N620",
        "title": "phlo-api does not answer",
        "status": 502,
        "detail": "Observatory runs, but phlo-api, which it asks, does not answer",
        "instance": path,
        "code": "PHLO-N620",
        "request_id": uuid.uuid4().hex[:12],
        "why": str(error) or type(error).__name__,
        "backend": "phlo-api",
        "retryable": True,
        "where": None,
        "fix": [
            {"label": "see how the services are", "command": "phlo services status", "href": None},
            {"label": "start it", "command": "phlo services start", "href": None},
        ],
    }
    return JSONResponse(
        problem, 502, {"cache-control": "no-store"}, media_type="application/problem+json"
    )


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    except httpx.HTTPError:
        # Of a stream of events the end is enough: the browser asks again. Half of any other answer
        # must not look like all of it, so the connection breaks as phlo-api's did.
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise
    finally:
        await answer.aclose()


def _is_passed(name: bytes) -> bool:
    return name.decode("latin-1").lower() not in _OWN
