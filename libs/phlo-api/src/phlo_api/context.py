"""What every request works with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from phlo.lakehouse.rest.service import AnyCatalog
from phlo_api.consumers import Consumers
from phlo_api.feed import Feed
from phlo_api.overview import Overviews
from phlo_api.queries import Queries
from phlo_api.sessions import Sessions
from phlo_api.settings import Settings
from phlo_api.workspace import Workspace


@dataclass(slots=True)
class ApiContext:
    """The parts of one running phlo-api."""

    settings: Settings
    workspace: Workspace
    overviews: Overviews
    queries: Queries
    feed: Feed
    sessions: Sessions
    consumers: Consumers
    catalog: AnyCatalog


def _context(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(_context)]
Ref = Annotated[str, Query(max_length=200, description="The branch to read.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many items.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of before.")]
