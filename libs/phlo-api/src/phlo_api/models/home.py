"""The first page, and finding things."""

from datetime import datetime

from pydantic import Field

from phlo_api.models.base import Fix, Model, Observed
from phlo_api.models.runs import Run
from phlo_api.models.services import Service


class Attention(Model):
    """Something that needs a person now."""

    kind: str = Field(description="`run`, `check`, `freshness`, `service` or `workflow`.")
    severity: str = Field(description="`error` or `warn`.")
    object: str
    title: str
    detail: str | None = None
    at: datetime | None = None
    href: str
    action: str = Field(description="What the link is for, as a verb.")
    fix: list[Fix] = Field(default_factory=list)


class Numbers(Model):
    """The lakehouse in numbers."""

    datasets: int
    tables: int
    rows: int
    size_bytes: int
    checks: int
    checks_passing: int
    runs_today: int
    owners: int


class SetupStep(Model):
    """One step on the way to a first lakehouse."""

    title: str
    detail: str
    command: str | None = None
    is_done: bool


class Home(Observed):
    """What needs attention, what ran, what there is."""

    project: str
    attention: list[Attention]
    runs: list[Run]
    numbers: Numbers
    services: list[Service]
    services_problem: str | None = None
    setup: list[SetupStep] = Field(default_factory=list)


class Hit(Model):
    """Something found; ranges say which letters matched the title."""

    kind: str
    id: str
    title: str
    detail: str | None = None
    href: str
    score: float
    ranges: list[tuple[int, int]] = Field(default_factory=list)


class Hits(Model):
    """What was found, the best first."""

    items: list[Hit]
    truncated: bool = False
