"""Services: how they are, what they write, and starting them anew."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from phlo_api import times
from phlo_api.context import ApiContext, Context
from phlo_api.logs import ServiceLog
from phlo_api.models.services import Accepted, Logs, ServiceDetail, ServicePage
from phlo_api.routes.events import SSE
from phlo_api.services import find, restart, services

router = APIRouter(prefix="/services", tags=["services"])


@router.get("")
def list_services(context: Context) -> ServicePage:
    """The services of this project."""
    reading = context.workspace.service_status()
    found = services(context.workspace, reading)
    return ServicePage(
        items=found,
        total=len(found),
        observed_at=reading.observed_at,
        source_state=reading.state,
        source_problem=reading.problem,
    )


@router.get("/{name}")
def get_service(context: Context, name: str) -> ServiceDetail:
    """One service."""
    reading = context.workspace.service_status()
    one = find(context.workspace, reading, name)
    return ServiceDetail(
        **one.model_dump(),
        observed_at=reading.observed_at,
        source_state=reading.state,
        source_problem=reading.problem,
    )


@router.get("/{name}/logs")
def get_logs(
    context: Context, name: str, tail: Annotated[int, Query(ge=1, le=10_000)] = 500
) -> Logs:
    """The last lines that a service wrote; secrets are masked."""
    _require(context, name)
    lines, truncated = ServiceLog(context.workspace.root, name).tail(tail)
    return Logs(items=lines, truncated=truncated, observed_at=times.now())


@router.get(
    "/{name}/logs/tail",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def tail_logs(
    context: Context,
    name: str,
    max_seconds: Annotated[float | None, Query(gt=0, le=3600)] = None,
) -> StreamingResponse:
    """The lines as they are written."""
    await run_in_threadpool(_require, context, name)
    stream = ServiceLog(context.workspace.root, name).follow(max_seconds=max_seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers=SSE)


def _require(context: ApiContext, name: str) -> None:
    """Refuse a service that there is not; while nobody can tell, its log may say why."""
    reading = context.workspace.service_status()
    if reading.value is not None:
        find(context.workspace, reading, name)


@router.post("/{name}/restart", status_code=202)
def restart_service(context: Context, name: str) -> Accepted:
    """Stop a service and start it again."""
    one = find(context.workspace, context.workspace.service_status(), name)
    restart(context.workspace, one)
    return Accepted(detail=f"'{name}' is being restarted")
