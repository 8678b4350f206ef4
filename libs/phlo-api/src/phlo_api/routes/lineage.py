"""Who reads whom."""

from typing import Annotated

from fastapi import APIRouter, Query

from phlo_api import datasets
from phlo_api.context import Context, Ref
from phlo_api.graph import everything, neighbourhood
from phlo_api.models.lineage import Graph

router = APIRouter(prefix="/lineage", tags=["lineage"])


@router.get("/graph")
def get_lineage_graph(
    context: Context,
    root: Annotated[str | None, Query(max_length=500, description="The id of a dataset.")] = None,
    up: Annotated[int, Query(ge=0, le=50)] = 50,
    down: Annotated[int, Query(ge=0, le=50)] = 50,
    ref: Ref = "main",
) -> Graph:
    """The graph of all datasets, or of those around one."""
    overview = context.overviews.get(ref)
    if root is None:
        return everything(overview)
    return neighbourhood(overview, datasets.name_of(overview, root), up, down)
