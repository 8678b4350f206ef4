"""Queries: started, followed, read by window, cancelled."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from phlo_api.context import Context
from phlo_api.errors import NotFinished
from phlo_api.models.queries import Engine, EngineList, QueryList, QueryRequest, QueryState, Rows
from phlo_api.models.queries import Query as QueryModel
from phlo_api.rows_out import ARROW, arrow_answer, json_answer

router = APIRouter(prefix="/queries", tags=["queries"])


@router.post("", status_code=202)
def create_query(context: Context, body: QueryRequest) -> QueryModel:
    """Check a statement and start it; it only reads."""
    return context.queries.start(body.sql, body.ref, body.engine).told()


@router.get("/engines")
def list_engines(context: Context) -> EngineList:
    """What can run a query, and what does so by itself."""
    return EngineList(
        items=[
            Engine(name=one.name, is_default=one.is_default, problem=one.problem)
            for one in context.queries.engines()
        ]
    )


@router.get("")
def list_queries(context: Context) -> QueryList:
    """The queries of the last hour, the newest first."""
    return QueryList(items=[one.told() for one in context.queries.all()])


@router.get("/{query_id}")
def get_query(
    context: Context,
    query_id: str,
    wait: Annotated[float, Query(ge=0, le=20, description="Wait so long for its end.")] = 0,
) -> QueryModel:
    """How far a query is."""
    query = context.queries.get(query_id)
    if wait:
        query.is_over.wait(wait)
    return query.told()


@router.get(
    "/{query_id}/result",
    response_model=Rows,
    responses={200: {"content": {ARROW: {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_query_result(
    context: Context,
    query_id: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 1_000,
    format: Annotated[str, Query(pattern="^(json|arrow)$")] = "json",
) -> Response:
    """A window of the rows there are so far, as JSON or as an Arrow stream."""
    query = context.queries.get(query_id)
    spool = query.spool
    if spool is None or query.state in (QueryState.FAILED, QueryState.CANCELLED):
        raise NotFinished(str(query.state))
    answer = arrow_answer if format == "arrow" else json_answer
    told = query.told()
    return answer(
        spool.window(offset, limit),
        offset=offset,
        row_count=told.row_count,
        complete=told.complete,
    )


@router.delete("/{query_id}", status_code=202)
def cancel_query(context: Context, query_id: str) -> QueryModel:
    """Stop a query in the engine."""
    query = context.queries.get(query_id)
    query.cancel()
    query.is_over.wait(1.0)
    return query.told()
