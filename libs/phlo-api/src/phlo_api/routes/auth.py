"""Logging in: a link that works once becomes a cookie."""

from fastapi import APIRouter, Request, Response

from phlo_api.context import Context
from phlo_api.errors import LinkUsed, Refused
from phlo_api.models.meta import Exchange, Link, Me
from phlo_api.sessions import SESSION_SECONDS, Session

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/links")
def create_link(context: Context, request: Request) -> Link:
    """Make a link that logs a browser in, once; only the bearer of the token may."""
    if not request.state.is_bearer:
        raise Refused("only the bearer of the token makes links")
    token, expires = context.sessions.new_link()
    return Link(path=f"/login?token={token}", expires_at=expires)


@router.post("/exchange")
def exchange_link(context: Context, body: Exchange, response: Response) -> Me:
    """Exchange a link's token for a cookie."""
    cookie = context.sessions.exchange(body.token)
    session = context.sessions.read(cookie) if cookie else None
    if cookie is None or session is None:
        raise LinkUsed
    response.set_cookie(
        context.settings.cookie,
        cookie,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
    )
    return Me(role="admin", expires_at=session.expires_at)


@router.get("/me")
def get_me(request: Request) -> Me:
    """Who asks."""
    session: Session | None = request.state.session
    return Me(role="admin", expires_at=session.expires_at if session else None)


@router.post("/logout", status_code=204)
def logout(context: Context, request: Request, response: Response) -> None:
    """End this browser's session."""
    session: Session | None = request.state.session
    if session is not None:
        context.sessions.end(session)
    response.delete_cookie(context.settings.cookie, path="/", httponly=True, samesite="strict")
