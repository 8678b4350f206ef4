"""Datasets: the catalog, and everything about one of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from phlo.errors.data import UnknownTable
from phlo_api import datasets, paging, times
from phlo_api.catalog import facets, matching, ordered
from phlo_api.checks import all_checks, counted
from phlo_api.columns import columns_of_table
from phlo_api.context import Context, Cursor, Limit, Ref
from phlo_api.graph import neighbourhood
from phlo_api.models.base import Page, Place
from phlo_api.models.checks import CheckPage
from phlo_api.models.datasets import (
    Code,
    Columns,
    DatasetDetail,
    DatasetPage,
    Materialization,
    Snapshot,
)
from phlo_api.models.lineage import Graph
from phlo_api.models.queries import Rows
from phlo_api.overview import Overview
from phlo_api.rows_out import ARROW, arrow_answer, json_answer
from phlo_api.steps import steps_of

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.get("")
def list_datasets(
    context: Context,
    q: Annotated[str, Query(max_length=200, description="Words of name or description.")] = "",
    filter: Annotated[
        list[str] | None,
        Query(description="`owner:NAME`, `tag:`, `kind:`, `status:`, `namespace:`, `group:`."),
    ] = None,
    sort: Annotated[
        str, Query(pattern="^-?(name|status|rows|size|updated|owner)$", description="`-` is down.")
    ] = "name",
    ref: Ref = "main",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> DatasetPage:
    """Datasets, narrowed and sorted, with what they can be narrowed to."""
    overview = context.overviews.get(ref)
    everything = [datasets.dataset(overview, name) for name in overview.names]
    found = ordered([one for one in everything if matching(one, q, filter or [])], sort)
    page, following = paging.window(found, limit, cursor)
    return DatasetPage(
        items=page,
        next_cursor=following,
        total=len(found),
        truncated=following is not None,
        facets=facets(everything),
        **overview.observed(),
    )


@router.get("/{dataset_id}")
def get_dataset(context: Context, dataset_id: str, ref: Ref = "main") -> DatasetDetail:
    """One dataset in full."""
    overview, name = _dataset(context, dataset_id, ref)
    return datasets.detail(overview, name)


@router.get("/{dataset_id}/columns")
def list_columns(context: Context, dataset_id: str, ref: Ref = "main") -> Columns:
    """The columns, with what the files' statistics say of each."""
    overview, name = _dataset(context, dataset_id, ref)
    return columns_of_table(context.workspace, overview, name)


@router.get(
    "/{dataset_id}/preview",
    response_model=Rows,
    responses={200: {"content": {ARROW: {"schema": {"type": "string", "format": "binary"}}}}},
)
def preview_dataset(
    context: Context,
    dataset_id: str,
    ref: Ref = "main",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 500,
    format: Annotated[str, Query(pattern="^(json|arrow)$")] = "json",
) -> Response:
    """The first rows, as JSON or as an Arrow stream."""
    overview, name = _dataset(context, dataset_id, ref)
    _require_table(overview, name)
    namespace, _, bare = name.partition(".")
    sql = f'SELECT * FROM "{namespace}"."{bare}" LIMIT {limit}'
    with context.workspace.project.engine().connect(context.workspace.lake, ref=ref) as session:
        table = session.stream(sql).read_all()
    total = overview.about[name].row_count if name in overview.about else table.num_rows
    answer = arrow_answer if format == "arrow" else json_answer
    return answer(table, offset=0, row_count=total, complete=True)


@router.get("/{dataset_id}/snapshots")
def list_snapshots(
    context: Context, dataset_id: str, ref: Ref = "main", limit: Limit = 50, cursor: Cursor = None
) -> Page[Snapshot]:
    """The states the table has had, the newest first."""
    overview, name = _dataset(context, dataset_id, ref)
    location = overview.locations.get(name)
    found = context.workspace.snapshots(name, ref, location) if location else ()
    current = overview.about[name].snapshot_id if name in overview.about else None
    page, following = paging.window(found, limit, cursor)
    items = [
        Snapshot(
            id=str(one.id),
            parent=str(one.parent) if one.parent else None,
            at=one.at,
            operation=one.operation,
            added_rows=one.added_rows,
            deleted_rows=one.deleted_rows,
            total_rows=one.total_rows,
            added_files=one.added_files,
            run_id=one.summary.get("phlo.run-id"),
            is_current=one.id == current,
        )
        for one in page
    ]
    return Page[Snapshot](
        items=items,
        next_cursor=following,
        total=len(found),
        truncated=following is not None,
        **overview.observed(),
    )


@router.get("/{dataset_id}/checks")
def list_dataset_checks(context: Context, dataset_id: str, ref: Ref = "main") -> CheckPage:
    """The checks of the table, the worst first."""
    overview, name = _dataset(context, dataset_id, ref)
    found = [one for one in all_checks(overview) if one.table == name]
    return CheckPage(items=found, total=len(found), counts=counted(found), **overview.observed())


@router.get("/{dataset_id}/runs")
def list_dataset_runs(
    context: Context, dataset_id: str, limit: Limit = 20, cursor: Cursor = None
) -> Page[Materialization]:
    """The steps that made it, or tried to, the newest first."""
    _, name = _dataset(context, dataset_id, "main")
    items, following = steps_of(context.workspace.store, name, limit, cursor)
    return Page[Materialization](
        items=items,
        next_cursor=following,
        truncated=following is not None,
        observed_at=times.now(),
    )


@router.get("/{dataset_id}/lineage")
def get_dataset_lineage(
    context: Context,
    dataset_id: str,
    ref: Ref = "main",
    up: Annotated[int, Query(ge=0, le=50)] = 1,
    down: Annotated[int, Query(ge=0, le=50)] = 1,
) -> Graph:
    """What it reads and what reads it, so many levels away."""
    overview, name = _dataset(context, dataset_id, ref)
    return neighbourhood(overview, name, up, down)


@router.get("/{dataset_id}/code")
def get_code(context: Context, dataset_id: str) -> Code:
    """The function or the statement that makes it, as written."""
    overview, name = _dataset(context, dataset_id, "main")
    asset = overview.manifest.asset(name)
    if asset is None:
        return Code(language="none", text="", **overview.observed())
    return Code(
        language="sql" if asset.kind == "sql" else "python",
        text=asset.source,
        place=Place(file=asset.file, line=asset.line),
        **overview.observed(),
    )


def _dataset(context: Context, dataset_id: str, ref: str) -> tuple[Overview, str]:
    overview = context.overviews.get(ref)
    return overview, datasets.name_of(overview, dataset_id)


def _require_table(overview: Overview, name: str) -> None:
    if name not in overview.locations:
        raise UnknownTable(name, known=overview.locations, ref=overview.ref)
