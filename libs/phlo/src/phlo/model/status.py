"""What is known of running services."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from phlo.errors import PhloError


class ServiceState(StrEnum):
    """The state of a service, the same words on every runtime."""

    STOPPED = "stopped"
    WAITING = "waiting"
    """For a service it needs."""
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    CRASHED = "crashed"
    """Ended by itself; it will be started again after a pause."""
    FAILED = "failed"
    """Will not be started again."""
    EMBEDDED = "embedded"
    """Works inside other processes; nothing to start."""
    EXTERNAL = "external"
    """Runs elsewhere."""
    UNKNOWN = "unknown"
    """Nobody answers who could tell."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of a service, as a person on this machine uses it."""

    name: str
    url: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service: what it is, how it is, where it is."""

    name: str
    category: str
    description: str
    runtime: str
    """`native`, `docker`, `embedded` or `external`."""
    state: ServiceState
    cause: str | None = None
    """Why it is not healthy, in one line."""
    endpoints: tuple[Endpoint, ...] = ()
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    memory_bytes: int | None = None
    log_file: str | None = None
    depends_on: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    version: str | None = None
    parent: str | None = None
    """The service whose job it is."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        from dataclasses import asdict

        value = asdict(self)
        value["state"] = str(self.state)
        value["started_at"] = self.started_at.isoformat() if self.started_at else None
        return value


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """All services of a project."""

    project: str
    root: str
    services: tuple[ServiceStatus, ...] = ()
    problem: PhloError | None = None
    """Why the configuration could not be read; then only what runs is known."""
    unseen: PhloError | None = None
    """Why nothing is known of the containers."""
