"""Branches and tags: made, compared, published, dropped.

Their names may hold `/`, so they are never a part of an address.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from phlo.errors.refs import UnknownRef
from phlo_api import ids, times
from phlo_api.context import Context, Limit
from phlo_api.errors import NotPublished
from phlo_api.models.base import Page
from phlo_api.models.refs import (
    Diff,
    Dropped,
    Log,
    Moved,
    NewRef,
    Publication,
    Publish,
    Ref,
    RefKind,
    TableChange,
)
from phlo_api.workspace import Workspace

router = APIRouter(prefix="/refs", tags=["refs"])

Name = Annotated[str, Query(min_length=1, max_length=200, description="A branch or a tag.")]


@router.get("")
def list_refs(context: Context) -> Page[Ref]:
    """The branches and tags of the lake."""
    refs = _refs(context.workspace)
    return Page[Ref](items=refs, total=len(refs), observed_at=times.now())


@router.post("", status_code=201)
def create_ref(context: Context, body: NewRef) -> Ref:
    """Make a branch or a tag of all tables; nothing is copied."""
    lake = context.workspace.lake
    make = lake.create_tag if body.kind is RefKind.TAG else lake.create_branch
    make(body.name, body.source)
    return _ref(context.workspace, body.name)


@router.delete("")
def drop_ref(
    context: Context,
    name: Name,
    force: Annotated[bool, Query(description="Even if its changes were not published.")] = False,
) -> Dropped:
    """Forget a branch or a tag; files that only it had are swept."""
    lake = context.workspace.lake
    changed = _ref(context.workspace, name).changed
    if changed and not force:
        raise NotPublished(name, changed)
    where = lake.locations(name)
    lake.drop_branch(name)
    lake.sweep(leftovers=[where[table] for table in changed if table in where])
    return Dropped(name=name, unpublished=changed)


@router.get("/diff")
def get_ref_diff(
    context: Context,
    name: Name,
    base: Annotated[
        str | None,
        Query(max_length=200, description="Else what the branch itself changed, beside `main`."),
    ] = None,
) -> Diff:
    """The tables that a ref has otherwise, with rows before and after, and columns."""
    ref = _ref(context.workspace, name)
    own = None if base is not None or ref.kind is RefKind.TAG else set(ref.changed)
    items = [
        TableChange(
            table=one.table,
            dataset_id=ids.encode(one.table),
            state=one.state,
            rows_before=one.before.row_count if one.before else None,
            rows=one.after.row_count if one.after else None,
            columns=list(one.columns),
        )
        for one in context.workspace.lake.diff(name, base or "main")
        if own is None or one.table in own
    ]
    return Diff(ref=name, base=base or "main", items=items, observed_at=times.now())


@router.get("/log")
def get_ref_log(context: Context, name: Name = "main", limit: Limit = 50) -> Log:
    """What was published to a ref, the newest first."""
    items = [
        Publication(
            at=one.at,
            branch=one.branch,
            target=one.target,
            tables=[
                Moved(table=table.table, state=_state(table.before, table.after))
                for table in one.tables
            ],
            run_id=one.branch.split("/")[1] if one.branch.startswith("run/") else None,
        )
        for one in context.workspace.lake.log(name, limit)
    ]
    return Log(ref=name, items=items, observed_at=times.now())


@router.post("/publish")
def publish_ref(context: Context, body: Publish) -> Publication:
    """Move what a branch changed to another, in one step: all of it or nothing."""
    lake = context.workspace.lake
    published = lake.publish(body.name, tables=body.tables, target=body.target)
    if body.drop:
        lake.drop_branch(body.name)
    return Publication(
        at=times.now(),
        branch=body.name,
        target=body.target,
        tables=[Moved(table=one.table, state=_state(one.before, one.after)) for one in published],
    )


def _refs(space: Workspace) -> list[Ref]:
    return [
        Ref(
            name=one.name,
            kind=RefKind.TAG if one.is_tag else RefKind.BRANCH,
            is_default=one.name == "main",
            is_run=one.name.startswith("run/"),
            source=one.source,
            created_at=one.created_at,
            tables=one.tables,
            changed=list(one.changed),
        )
        for one in space.refs()
    ]


def _ref(space: Workspace, name: str) -> Ref:
    refs = _refs(space)
    found = next((one for one in refs if one.name == name), None)
    if found is None:
        raise UnknownRef(name, (one.name for one in refs))
    return found


def _state(before: str | None, after: str | None) -> str:
    return "added" if before is None else "dropped" if after is None else "changed"
