"""What happens, as it happens."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from phlo_api import times
from phlo_api.context import Context, Limit
from phlo_api.models.runs import Event, Events
from phlo_api.told import event

router = APIRouter(tags=["events"])
SSE = {"x-accel-buffering": "no", "cache-control": "no-store"}


@router.get("/events")
def list_events(
    context: Context,
    after: Annotated[int, Query(ge=0, description="Only events after this one.")] = 0,
    run_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 200,
) -> Events:
    """Events in their order."""
    found = context.workspace.store.events(run_id, after, limit + 1)
    items: list[Event] = [event(one) for one in found[:limit]]
    return Events(
        items=items,
        next_after=items[-1].id if items else after,
        truncated=len(found) > limit,
        observed_at=times.now(),
    )


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_events(
    context: Context,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[int | None, Query(ge=0, description="Replay from here on.")] = None,
    max_seconds: Annotated[float | None, Query(gt=0, le=3600)] = None,
) -> StreamingResponse:
    """One stream of everything; `Last-Event-ID` replays what was missed."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        after = int(last_event_id)
    stream = context.feed.stream(after, max_seconds=max_seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers=SSE)
