"""The program behind the pages: the built interface, and `/api` passed through."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from phlo_observatory.assets import load
from phlo_observatory.passing import PassThrough
from phlo_observatory.security import Gate, headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

    from phlo_observatory.assets import Asset

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_NONCE = b"__NONCE__"


def create_app(api_url: str, files: Mapping[str, Asset] | None = None) -> Starlette:
    """Return the program.

    Args:
        api_url: Where phlo-api is.
        files: The interface; what was built into the package if not given.
    """
    assets = load() if files is None else files
    passing = PassThrough(api_url)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await passing.close()

    async def serve(request: Request) -> Response:
        path = request.url.path
        asset = assets.get(path)
        if asset is None and "." in path.rsplit("/", 1)[-1]:
            return PlainTextResponse("there is no such file\n", 404, headers())
        if asset is None or path == "/index.html":
            return page(assets)
        return file(asset, request)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/api/{path:path}", passing.__call__, methods=_METHODS),
            Route("/{path:path}", serve),
        ],
        middleware=[Middleware(Gate)],
        lifespan=lifespan,
    )


async def healthz(_: Request) -> Response:
    """Whether the program runs; phlo-api has an answer of its own."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


def page(assets: Mapping[str, Asset]) -> Response:
    """Return the one page, whose script shows what its address names."""
    index = assets.get("/index.html")
    if index is None:
        return PlainTextResponse("the interface is not built\n", 503, headers())
    nonce = secrets.token_urlsafe(16)
    return Response(
        index.content.replace(_NONCE, nonce.encode()),
        media_type="text/html; charset=utf-8",
        headers=headers(nonce) | {"cache-control": "no-store"},
    )


def file(asset: Asset, request: Request) -> Response:
    """Return a file as it was compressed when it was built."""
    content, encoding = asset.best(request.headers.get("accept-encoding", ""))
    lasting = "public, max-age=31536000, immutable" if asset.is_immutable else "no-cache"
    told = headers() | {"cache-control": lasting, "vary": "accept-encoding"}
    if encoding:
        told["content-encoding"] = encoding
    return Response(content, media_type=asset.media_type, headers=told)
