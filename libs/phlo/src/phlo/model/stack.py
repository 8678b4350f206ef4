"""What will run: the services of a project, wired, with ports, in the order in which they start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.model.service import primary_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.errors import PhloError, Where
    from phlo.model.container import ContainerService
    from phlo.model.layers import Layered, Leaf, Origin
    from phlo.model.native import NativeProgram
    from phlo.model.project import ProjectConfig
    from phlo.model.service import Required, ServiceDefinition


@dataclass(frozen=True, slots=True)
class ResolvedPort:
    """A port with its place on this machine."""

    service: str
    name: str
    container: int
    host: int | None
    """None: not published, which only containers can be."""
    bind: str = "127.0.0.1"
    protocol: str = "tcp"
    primary: bool = False
    internal: bool = False
    """Only the service itself uses it: nobody is shown it, and no container publishes it."""
    pinned: bool = False
    """Somebody wrote the number; else phlo may move it."""
    wanted: int | None = None
    """The number asked for, where phlo had to take another."""
    origin: Origin | None = None

    @property
    def key(self) -> str:
        """The port's name in the ports file."""
        return f"{self.service}.{self.name}"

    @property
    def url(self) -> str | None:
        """Where a person on this machine opens it; None where there is nothing to open."""
        if self.host is None or self.internal:
            return None
        scheme = self.protocol if self.protocol not in ("tcp", "udp") else None
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "127.0.0.1", "::") else self.bind
        return f"{scheme}://{host}:{self.host}" if scheme else f"{host}:{self.host}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A need met: which service plays a role for another one, and at which address."""

    consumer: str
    role: str
    required: Required
    provider: str
    capability: str
    properties: Mapping[str, str] = field(default_factory=dict)
    """As the consumer sees them; secrets are references."""
    exports: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    """Why this provider: explicit, the only one, the highest priority, remembered."""
    is_provisioned: bool = False
    """The provider makes what `properties` name before the consumer starts."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One service starts after another."""

    service: str
    needs: str
    condition: str = "healthy"
    """`healthy`, `started` or `completed`."""
    required: bool = True
    where: Where | None = None
    why: str = ""
    """`depends_on`, or the role that binds them."""


@dataclass(frozen=True, slots=True)
class SecretNeed:
    """A secret that a service needs: made, or given by somebody."""

    name: str
    """In the secrets file; rendered texts say `${PHLO_SECRET_NAME}`."""
    service: str
    setting: str
    length: int | None = None
    """Make one of so many characters when there is none; None: somebody must give it."""
    given: str | None = field(default=None, repr=False)
    """The value, where a person gave one."""
    origin: Origin | None = None
    is_kept: bool = True
    """The service may keep it with its data, where a new value would not do."""

    @property
    def reference(self) -> str:
        """The text that stands for its value."""
        return f"${{PHLO_SECRET_{self.name}}}"


@dataclass(frozen=True, slots=True)
class ResolvedService:
    """One service that will run, or that others work with."""

    name: str
    definition: ServiceDefinition
    runtime: str
    """`native`, `docker`, `embedded` or `external`."""
    reason: str
    """Why it is taken in."""
    placed: str = ""
    """Why it runs there, where that is not what it prefers."""
    environment: Mapping[str, Leaf] = field(default_factory=dict)
    ports: Mapping[str, ResolvedPort] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Secrets are references."""
    bindings: tuple[Binding, ...] = ()
    edges: tuple[Edge, ...] = ()
    parent: ResolvedService | None = None
    """The service whose job it is."""
    in_development: bool = False
    """Its `modes.dev` is on, and it follows changes of its source."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The services it starts after."""
        return tuple(dict.fromkeys(edge.needs for edge in self.edges))

    @property
    def primary(self) -> ResolvedPort | None:
        """The port that a person means by this service's port."""
        return primary_of(self.ports.values())


@dataclass(frozen=True, slots=True)
class Stack:
    """What will run, and all that is known about why."""

    project: ProjectConfig
    services: Mapping[str, ResolvedService]
    """In the order in which they start."""
    layered: Layered
    """Every value with its origin and what it shadows; wiring and ports included."""
    root: str
    """The project's folder."""
    python: str
    """The interpreter for programs that come with phlo."""
    gateway: str = "host.docker.internal"
    """This machine's name as seen from a container."""
    is_container: bool = False
    """phlo itself runs in a container of the project: it reaches services as that does."""
    definitions: Mapping[str, ServiceDefinition] = field(default_factory=dict)
    """Every service that is known, of those that do not run too."""
    env: str | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Installed services that do not run -> why."""
    secrets: tuple[SecretNeed, ...] = ()
    remembered: Mapping[str, str] = field(default_factory=dict)
    """`service.role` -> provider, where data lies with it: for the bindings file."""
    notes: tuple[str, ...] = ()
    warnings: tuple[PhloError, ...] = ()

    @property
    def ports(self) -> tuple[ResolvedPort, ...]:
        """All ports, in start order."""
        return tuple(p for service in self.services.values() for p in service.ports.values())

    @property
    def floating(self) -> Mapping[str, int]:
        """The ports that phlo chose, to be remembered: `service.port` -> host port."""
        return {p.key: p.host for p in self.ports if not p.pinned and p.host is not None}

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """All bindings, in start order."""
        return tuple(b for service in self.services.values() for b in service.bindings)


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A text for a file under `.phlo/`."""

    text: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Rendered:
    """A stack as texts and programs: all that a runtime needs."""

    native: tuple[NativeProgram, ...] = ()
    """In the order in which they start."""
    files: Mapping[str, RenderedFile] = field(default_factory=dict)
    """By path, relative to the project's folder."""
    compose: str | None = None
    """The Compose file, where services run in containers."""
    containers: tuple[ContainerService, ...] = ()
    """What the Compose file does not say of them, in the order in which they start."""
