"""The application: its parts put together."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from phlo_api import problems
from phlo_api.consumers import Consumers
from phlo_api.context import ApiContext
from phlo_api.feed import Feed
from phlo_api.iceberg import open_catalog
from phlo_api.models.base import Problem
from phlo_api.overview import Overviews
from phlo_api.queries import Queries
from phlo_api.routes import (
    auth,
    checks,
    datasets,
    events,
    home,
    iceberg,
    lineage,
    meta,
    queries,
    refs,
    runs,
    services,
)
from phlo_api.security import PREFIX, Guard
from phlo_api.sessions import Sessions
from phlo_api.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi.routing import APIRoute

    from phlo.project import Project
    from phlo_api.settings import Settings

_ROUTERS = (
    meta.router,
    refs.router,
    auth.router,
    home.router,
    events.router,
    datasets.router,
    lineage.router,
    queries.router,
    runs.router,
    checks.router,
    services.router,
    iceberg.router,
)


def create_app(project: Project, settings: Settings) -> FastAPI:
    """Return the API of a project."""
    workspace = Workspace(project, settings)
    consumers = Consumers(project.root / ".phlo" / "state", settings.token)
    context = ApiContext(
        settings=settings,
        workspace=workspace,
        overviews=Overviews(workspace),
        queries=Queries(workspace),
        feed=Feed(workspace),
        sessions=Sessions(settings.token),
        consumers=consumers,
        catalog=open_catalog(project.lake, settings, consumers),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=workspace.warm_up, daemon=True).start()
        yield
        context.queries.close()

    app = bare_app(lifespan)
    app.state.context = context
    app.add_middleware(Guard, sessions=context.sessions, cookie=settings.cookie)
    return app


def bare_app(lifespan: object = None) -> FastAPI:
    """Return the addresses without a project: enough for the OpenAPI document."""
    app = FastAPI(
        title="phlo-api",
        summary="The API of a phlo lakehouse",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,  # type: ignore[arg-type]
        generate_unique_id_function=_operation_id,
        responses={
            "4XX": {"model": Problem, "description": "What is wrong, and what to do."},
            "5XX": {"model": Problem, "description": "What does not answer."},
        },
    )
    for router in _ROUTERS:
        app.include_router(router, prefix=PREFIX)
    iceberg.install(app)
    problems.install(app)
    app.openapi = lambda: problems.documented(FastAPI.openapi(app))  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
