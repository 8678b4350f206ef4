"""What a call of phlo asks for, and what it finds in the world around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phlo.errors import Where


#: Stands for a provider: the data was put into the consumer's own folder before there was one.
OWN_DATA = ""
#: The variable that an image with the project's packages sets: its own Python stands for the
#: project's, which is on the machine outside.
CONTAINER = "PHLO_CONTAINER"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one command that take part in composing."""

    env: str | None = None
    """The environment whose overlay is laid over phlo.yaml."""
    sets: tuple[str, ...] = ()
    """`--set path=value`."""
    ports: tuple[str, ...] = ()
    """`--port service=n` or `--port service.name=n`."""
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    """Nothing but these and what they need."""
    extra: tuple[str, ...] = ()
    """`--with`: these too."""
    without: tuple[str, ...] = ()
    runtime: str | None = None
    """`native` or `docker`, for this call."""
    dev: bool | None = None
    """Development mode: on, off, or as it was said before."""
    dev_services: tuple[str, ...] = ()
    """The services that it is on for; none: all whose package is installed editable."""
    strict_ports: bool = False
    allow_data_loss: bool = False
    """A volume that holds data may be taken away from its service."""
    frozen: bool = False
    """Start with nothing but what phlo.lock says."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable and who set it."""

    name: str
    value: str = field(repr=False)
    where: Where | None = None
    """The line of `.env` or `.env.local`; None: the process environment."""

    def __str__(self) -> str:
        return f"{self.where} ({self.name})" if self.where else self.name


def nobody(_port: int) -> str | None:
    """Tell that no program holds a port."""
    return None


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts about this machine and this project's past; composing looks at nothing else."""

    root: str
    """The project's folder, absolute."""
    python: str = "python"
    """The interpreter that phlo runs in."""
    docker: bool = False
    """A container engine answers."""
    no_docker: str = "no container engine is running"
    """Why `docker` is false, in a few words."""
    taken: Callable[[int], str | None] = nobody
    """Who holds a port of this machine, in words; this project's own services do not count."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """`service.port` -> the host port it had the last time."""
    bindings: Mapping[str, str] = field(default_factory=dict)
    """`service.role` -> the provider it was bound to, where data depends on it, or OWN_DATA."""
    secrets: frozenset[str] = frozenset()
    """The names of secrets that have a value already."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Services whose native recipe cannot run here -> why."""
    tried: tuple[str, ...] = ()
    """Where a container engine was looked for, and what came of it."""
    engine_fix: str = ""
    """What brings one up."""
    gateway: str = "host.docker.internal"
    """This machine's name as seen from a container."""
    is_container: bool = False
    """phlo itself runs in a container of the project: it reaches services as that does."""
