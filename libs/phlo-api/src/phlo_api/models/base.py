"""What all answers share: how values are named, paged and dated."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Model(BaseModel):
    """One JSON object of the API; nothing in it is unknown."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class SourceState(StrEnum):
    """How well the source of an answer could be asked."""

    OK = "ok"
    STALE = "stale"
    DOWN = "down"


class Observed(Model):
    """An answer that was read from somewhere, with when and how."""

    observed_at: datetime = Field(description="When the source was last read.")
    source_state: SourceState = Field(default=SourceState.OK, description="Whether it answers now.")
    source_problem: str | None = Field(default=None, description="Why it does not answer.")


class Page(Observed, Generic[Item]):
    """Some items of a list, and how to get the next."""

    items: list[Item]
    next_cursor: str | None = Field(
        default=None, description="Give it as `cursor` for what follows."
    )
    total: int | None = Field(
        default=None, description="How many there are in all, where it is known."
    )
    total_is_estimate: bool = False
    truncated: bool = Field(default=False, description="Whether there is more than is here.")


class Fix(Model):
    """One thing that removes a problem."""

    label: str
    command: str | None = Field(default=None, description="A command to copy into a terminal.")
    href: str | None = Field(default=None, description="A page of Observatory.")


class Place(Model):
    """A place in a file of the project, or in a statement."""

    file: str
    line: int | None = None
    column: int | None = None


class Diagnostic(Model):
    """A fault as phlo tells it everywhere: what, where, why, what to do."""

    code: str | None = None
    message: str
    why: str | None = None
    where: Place | None = None
    fix: list[Fix] = Field(default_factory=list)


class Problem(Model):
    """An error, as RFC 9457 has it, with phlo's code and what to do."""

    type: str = Field(description="A stable name of the kind of problem.")
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="phlo's code, as `phlo help` explains it.")
    request_id: str
    why: str | None = None
    backend: str | None = Field(default=None, description="The part that could not be reached.")
    retryable: bool = False
    where: Place | None = Field(
        default=None, description="Line and column, of a statement or a file."
    )
    fix: list[Fix] = Field(default_factory=list)
    tables: list[str] = Field(default_factory=list, description="The tables that it is about.")


def diagnostic(value: dict[str, Any] | None) -> Diagnostic | None:
    """Return a stored `phlo.diagnostic/1` object as the API has it."""
    if not value:
        return None
    where = None
    if value.get("file"):
        where = Place(file=value["file"], line=value.get("line"), column=value.get("column"))
    fix = value.get("fix") or {}
    fixes = [Fix(label=str(fix["text"]), command=fix.get("command"))] if fix.get("text") else []
    return Diagnostic(
        code=value.get("code"),
        message=str(value.get("message", "")),
        why=value.get("why"),
        where=where,
        fix=fixes,
    )
