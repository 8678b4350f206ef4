"""`/iceberg/{ref}/v1/…`: the lake's catalog for every engine that speaks Iceberg's REST protocol.

Its errors are the protocol's, not this API's, and only a token opens it, never a browser's cookie.
"""

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from phlo.errors.rest import RequestNotUnderstood, WrongCatalogToken
from phlo.lakehouse.rest import http
from phlo.lakehouse.rest.service import ref_of
from phlo_api.context import ApiContext, Context
from phlo_api.errors import Refused
from phlo_api.security import CATALOG

if TYPE_CHECKING:
    from starlette.applications import Starlette

_MAIN = "main"
_METHODS = ["GET", "HEAD", "POST", "DELETE"]
_TOKENS = "v1/oauth/tokens"

router = APIRouter(prefix="/catalog", tags=["catalog"], include_in_schema=False)


class Admission(BaseModel):
    """A service that may ask the catalog."""

    name: str = Field(min_length=1, max_length=200)
    token: str = Field(min_length=16, max_length=500)
    stores: list[dict[str, str]] = Field(default=[], max_length=20)
    """How it reaches object stores, as providers of `object-store.s3` tell their consumers."""


@router.post("/consumers", status_code=204)
def admit(context: Context, request: Request, body: Admission) -> None:
    """Let a service ask the catalog by a token of its own; only the bearer of the token may."""
    if not request.state.is_bearer:
        raise Refused("only the bearer of the token admits services to the catalog")
    context.consumers.admit(body.name, body.token, body.stores)


def install(app: "Starlette") -> None:
    """Answer at `/iceberg`."""
    app.add_route(f"{CATALOG}{{rest:path}}", _answer, methods=_METHODS, include_in_schema=False)


async def _answer(request: Request) -> Response:
    context: ApiContext = request.app.state.context
    body = await _body(request)
    if body is None:
        answer = http.refused(RequestNotUnderstood("The body is too large"))
    else:
        answer = await run_in_threadpool(_answered, context, request, body)
    return Response(answer.body, answer.status, dict(answer.headers))


async def _body(request: Request) -> bytes | None:
    """Return a request's body; None when it is larger than any of the protocol."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > http.LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _answered(context: ApiContext, request: Request, body: bytes) -> http.Answer:
    # Names may hold a `/`: only what was sent tells it from the one between two names.
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    address = raw.decode("latin-1").removeprefix(CATALOG).strip("/")
    ref, path = _split(address)
    given = request.headers.get("authorization", "")
    if path == _TOKENS and request.method == "POST":
        return _token(context, body, given)
    consumer = context.consumers.name_of(given.removeprefix("Bearer "))
    if consumer is None or not given.startswith("Bearer "):
        return http.refused(WrongCatalogToken())
    headers = {name.lower(): value for name, value in request.headers.items()}
    asked = http.Request(request.method, f"/{path}", request.url.query, body, headers)
    return context.catalog.answer(asked, ref_of(ref), consumer)


def _split(address: str) -> tuple[str, str]:
    """Return the ref and the rest; without a ref it is main's address.

    A ref may be called `v1`, but nothing in the protocol is: `v1/v1/config` is its config.
    """
    first, _, rest = address.partition("/")
    if first == "v1" and rest.partition("/")[0] != "v1":
        return _MAIN, address
    return first, rest


def _token(context: ApiContext, body: bytes, authorization: str) -> http.Answer:
    """Give a token for itself, as clients ask that know no other way (OAuth2).

    It is said as the secret of a client, or as the token that shall be renewed.
    """
    try:
        form = dict(parse_qsl(body.decode(), max_num_fields=20))
        kind, _, given = authorization.partition(" ")
        basic = b64decode(given, validate=True).decode() if kind.lower() == "basic" else ""
    except ValueError:
        form, basic = {}, ""
    said = [form.get("client_secret"), form.get("subject_token"), unquote(basic.partition(":")[2])]
    token = next((one for one in said if one and context.consumers.name_of(one)), None)
    if token is None:
        error = {"error": "invalid_client", "error_description": "the secret is no token"}
        return http.Answer(401, http.encoded(error), {"content-type": http.JSON})
    return http.found(
        {
            "access_token": token,
            "token_type": "bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }
    )
