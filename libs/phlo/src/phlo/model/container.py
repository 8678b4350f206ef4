"""What the Docker runtime is told beside the Compose file: when a container counts as ready."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.model.native import Health, HealthKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.errors import Where


@dataclass(frozen=True, slots=True)
class Need:
    """A container that must be ready before another one starts."""

    service: str
    condition: str = "healthy"
    """`healthy`, `started` or `completed`."""


@dataclass(frozen=True, slots=True)
class ContainerService:
    """One service that runs in a container.

    A check that runs in the container is the engine's; `health` is what phlo asks from outside.
    """

    name: str
    image: str | None = None
    digest: str | None = None
    """Which bytes `image` means, by phlo.lock."""
    platform: str | None = None
    needs: tuple[Need, ...] = ()
    health: Health = field(default_factory=lambda: Health(HealthKind.STARTED))
    is_job: bool = False
    """Ready when it has ended with 0; it is not run again until its definition changes."""
    is_built: bool = False
    """Its image is built from a folder of this machine."""
    is_watched: bool = False
    """In development: it follows changes of its source."""
    ready_timeout: float = 120.0
    """Seconds it may take to become ready before it counts as still starting."""
    ports: tuple[int, ...] = ()
    """The ports of this machine at which it is published."""
    memory: str | None = None
    """The most memory it may have, as it was written."""
    origin: str = ""
    """The package it comes from, or phlo.yaml."""
    credentials: tuple[str, ...] = ()
    """Where its variables that look like credentials come from, for messages."""
    files: tuple[str, ...] = ()
    """Its configuration files, by path in the container."""
    secrets: tuple[str, ...] = ()
    """Its own secrets, which it may keep with its data."""
    places: Mapping[str, Where] = field(default_factory=dict)
    """Where its image, port and memory are written, by these words."""
