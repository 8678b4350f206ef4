"""What an installed package says of its service: service.yaml, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from phlo.errors import PhloError, Where
    from phlo.model.layers import Tree

#: The newest form of service.yaml that this phlo reads.
SCHEMA = 1


class ServiceKind(StrEnum):
    """What a service is."""

    SERVICE = "service"
    """Runs: from an image, a native recipe, or both."""
    EMBEDDED = "embedded"
    """Works inside other processes; nothing to start."""
    JOB = "job"
    """Must end with 0 once."""
    EXTERNAL = "external"
    """Runs elsewhere; only its address is known."""


@dataclass(frozen=True, slots=True)
class Package:
    """The distribution that a definition comes from."""

    distribution: str
    version: str
    file: str = ""
    """service.yaml's path; empty for a service that phlo.yaml itself defines."""
    folder: str = ""
    """The import package's folder, which relative paths of service.yaml start from."""
    url: str | None = None
    editable: bool = False

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a service listens at."""

    name: str
    container: int
    host: int | None = None
    """The host port asked for; None: the same as the container's."""
    protocol: str = "tcp"
    primary: bool = False
    internal: bool = False
    """Only the service itself uses it."""


class _Port(Protocol):
    @property
    def primary(self) -> bool: ...


P = TypeVar("P", bound=_Port)


def primary_of(ports: Iterable[P]) -> P | None:
    """Return the port that is meant where none is named: the one marked, else the only one."""
    every = tuple(ports)
    return next((p for p in every if p.primary), every[0] if len(every) == 1 else None)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a service."""

    name: str
    type: str = "string"
    default: Any = None
    env: str | None = None
    """The variable that sets it from outside, and that the service itself gets it by."""
    length: int | None = None
    """For a secret that phlo makes when there is none: how many characters."""
    is_kept: bool = True
    """For a secret: the service may keep it with its data, where a new value would not do."""
    required: bool | None = None
    """Whether it must have a value; None: a secret must, another need not."""
    choices: tuple[str, ...] = ()
    description: str = ""
    where: Where | None = None

    @property
    def is_secret(self) -> bool:
        """Tell whether its value is never shown."""
        return self.type == "secret"

    @property
    def is_required(self) -> bool:
        """Tell whether it must have a value."""
        return self.is_secret if self.required is None else self.required

    @property
    def is_text(self) -> bool:
        """Tell whether its value is a text, kept as it was written."""
        return self.type in ("string", "secret")


@dataclass(frozen=True, slots=True)
class Provided:
    """A capability that a service gives."""

    capability: str
    port: str | None = None
    priority: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    ready: tuple[str, ...] = ()
    """Jobs that must be done before anybody uses it."""
    where: Where | None = None
    is_provisioned: bool = False
    """The package's Python makes each consumer something of its own, such as a database."""


@dataclass(frozen=True, slots=True)
class Required:
    """A capability that a service needs, and what it calls it."""

    capability: str
    role: str
    params: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    many: bool = False
    where: Where | None = None
    like: str | None = None
    """The service whose role of the same name is followed: both have one provider, or none."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the service that a person opens."""

    name: str
    port: str | None = None
    path: str = "/"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Companion:
    """Further processes of a service, as many as a setting of it says."""

    count: str
    """The setting."""
    description: str
    ports: Mapping[str, Port] = field(default_factory=dict)
    tree: Tree = field(default_factory=dict)
    """What each says of its own."""


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """A service as its package defines it, before anyone overrides it."""

    name: str
    package: Package
    kind: ServiceKind = ServiceKind.SERVICE
    category: str = "other"
    description: str = ""
    default: bool = False
    priority: int = 0
    prefers: str | None = None
    """`native` or `docker`, where it can run in both."""
    ports: Mapping[str, Port] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    provides: tuple[Provided, ...] = ()
    requires: tuple[Required, ...] = ()
    links: tuple[Link, ...] = ()
    tree: Tree = field(default_factory=dict)
    """What others may override, in canonical form: the package's layer."""
    modes: Mapping[str, Tree] = field(default_factory=dict)
    """What a mode (`dev`, a profile) lays over it."""
    jobs: Mapping[str, Tree] = field(default_factory=dict)
    """What must be done once beside it, by name: what each says of its own."""
    companions: Mapping[str, Companion] = field(default_factory=dict)
    """Further processes of it, by name."""
    parent: str | None = None
    """The service whose job or companion this is."""
    from_project: bool = False
    """phlo.yaml defines it (inline, external): no package does."""
    where: Where | None = None

    @property
    def primary_port(self) -> Port | None:
        """The port that `port:` means."""
        return primary_of(self.ports.values())


@dataclass(frozen=True, slots=True)
class Broken:
    """An installed service that cannot be used, and why."""

    name: str
    distribution: str
    version: str
    reason: PhloError


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that is not installed, of a package that the index knows."""

    service: str
    distribution: str
    version: str
    capabilities: tuple[str, ...] = ()


def no_offers() -> tuple[Offer, ...]:
    """Return nothing: no index is asked."""
    return ()


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed: the services that can be used, and those that cannot."""

    definitions: Mapping[str, ServiceDefinition] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    offers: Callable[[], tuple[Offer, ...]] = no_offers
    """What could be installed; asked only by an error."""

    def offer(self, name: str) -> Offer | None:
        """Return what the index knows of a service."""
        return next((one for one in self.offers() if one.service == name), None)
