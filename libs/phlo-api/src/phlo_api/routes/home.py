"""The first page, and finding things."""

from typing import Annotated

from fastapi import APIRouter, Query

from phlo_api import datasets
from phlo_api.context import Context, Ref
from phlo_api.home import home
from phlo_api.models.home import Hits, Home
from phlo_api.search import search

router = APIRouter(tags=["home"])


@router.get("/home")
def get_home(context: Context) -> Home:
    """What needs attention, what ran, what there is."""
    return home(context.workspace, context.overviews.get())


@router.get("/search")
def search_everything(
    context: Context,
    q: Annotated[str, Query(max_length=200)] = "",
    kinds: Annotated[str, Query(description="Of `dataset`, `run`, `check`, `service`.")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ref: Ref = "main",
) -> Hits:
    """Datasets, checks, runs and services by a few of their letters."""
    overview = context.overviews.get(ref)
    found = [datasets.dataset(overview, name) for name in overview.names]
    return search(context.workspace, overview, found, q, kinds, limit)
