"""Branches and tags of the lake: what each changed, and what was published."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from phlo_api.models.base import Model, Observed

_NAME = Field(min_length=1, max_length=200, description="It may hold `/`.")


class RefKind(StrEnum):
    """Whether it can be written to."""

    BRANCH = "branch"
    TAG = "tag"


class Ref(Model):
    """A branch or a tag of the lake."""

    name: str
    kind: RefKind = RefKind.BRANCH
    is_default: bool = False
    is_run: bool = Field(default=False, description="Whether a run works on it.")
    source: str | None = None
    created_at: datetime | None = None
    tables: int = 0
    changed: list[str] = Field(default_factory=list)


class NewRef(Model):
    """A name for all tables as they are now."""

    name: str = _NAME
    kind: RefKind = RefKind.BRANCH
    source: str = Field(default="main", max_length=200, description="A branch or a tag.")


class TableChange(Model):
    """One table that two refs have otherwise."""

    table: str
    dataset_id: str
    state: str = Field(description="`added`, `changed` or `dropped`.")
    rows_before: int | None = None
    rows: int | None = None
    columns: list[str] = Field(description="What became of the columns, in words.")


class Diff(Observed):
    """The tables that a ref has otherwise than another."""

    ref: str
    base: str
    items: list[TableChange]


class Publish(Model):
    """What to move from a branch, in one step."""

    name: str = _NAME
    target: str = Field(default="main", max_length=200)
    tables: list[str] | None = Field(default=None, description="Only these; all if not given.")
    drop: bool = Field(default=False, description="Forget the branch afterwards.")


class Moved(Model):
    """One table that was published."""

    table: str
    state: str = Field(description="`added`, `changed` or `dropped`.")


class Publication(Model):
    """What was published at once."""

    at: datetime
    branch: str
    target: str
    tables: list[Moved]
    run_id: str | None = None


class Log(Observed):
    """What was published to a ref, the newest first."""

    ref: str
    items: list[Publication]


class Dropped(Model):
    """A ref that is gone."""

    name: str
    unpublished: list[str]
