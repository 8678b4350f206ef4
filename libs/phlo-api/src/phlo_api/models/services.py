"""Services: what runs, how it is, and what it says."""

from datetime import datetime

from pydantic import Field

from phlo_api.models.base import Fix, Model, Observed, Page


class Endpoint(Model):
    """An address of a service."""

    name: str
    url: str
    host: str
    port: int


class Service(Model):
    """One service."""

    name: str
    category: str
    description: str
    runtime: str
    state: str
    cause: str | None = None
    endpoints: list[Endpoint] = Field(default_factory=list)
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    memory_bytes: int | None = None
    depends_on: list[str] = Field(default_factory=list)
    provides: list[str] = Field(default_factory=list)
    version: str | None = None
    has_logs: bool = False
    can_restart: bool = False
    fix: list[Fix] = Field(default_factory=list)


class ServicePage(Page[Service]):
    """The services of a project."""


class ServiceDetail(Service, Observed):
    """One service, with how fresh this is."""


class LogLine(Model):
    """One line that a service wrote."""

    number: int
    text: str
    level: str | None = None


class Logs(Observed):
    """The last lines of a service."""

    items: list[LogLine]
    truncated: bool = False


class Accepted(Model):
    """Something was begun."""

    accepted: bool = True
    detail: str
