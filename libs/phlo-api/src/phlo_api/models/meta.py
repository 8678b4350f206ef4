"""The project itself, who asks, and what this installation can do."""

from datetime import datetime

from pydantic import Field

from phlo_api.models.base import Fix, Model


class Meta(Model):
    """The project and the program that answers."""

    project: str
    description: str | None = None
    root: str
    version: str
    time: datetime
    default_ref: str = "main"


class Health(Model):
    """Whether the program runs."""

    status: str = "ok"


class Readiness(Model):
    """Whether the program can answer, part by part."""

    status: str
    parts: dict[str, str] = Field(description="Each part: `ok`, or why it does not work.")


class Capability(Model):
    """Something a project can have, and who gives it."""

    name: str
    available: bool
    provider: str | None = None
    summary: str
    fix: list[Fix] = Field(default_factory=list)


class Capabilities(Model):
    """Everything a project can have."""

    items: list[Capability]


class Link(Model):
    """A way in that works once."""

    path: str = Field(description="To be opened on Observatory's address.")
    expires_at: datetime


class Exchange(Model):
    """The token of a link."""

    token: str = Field(min_length=1, max_length=200)


class Me(Model):
    """Who asks."""

    role: str
    expires_at: datetime | None = None
