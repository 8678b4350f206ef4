"""What the native runtime is told: local processes, ready to be started."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class HealthKind(StrEnum):
    """How it is told that a process is ready."""

    HTTP = "http"
    """A GET answers with a status below 400."""
    TCP = "tcp"
    """A port takes connections."""
    COMMAND = "command"
    """A command ends with 0."""
    STARTED = "started"
    """The process runs."""


@dataclass(frozen=True, slots=True)
class Health:
    """The health check of a process; times in seconds."""

    kind: HealthKind
    host: str = "127.0.0.1"
    port: int | None = None
    path: str = "/"
    contains: str = ""
    """What the answer to a GET must hold, too."""
    command: tuple[str, ...] = ()
    interval: float = 1.0
    """Between two checks of a healthy process; a starting one is asked more often."""
    timeout: float = 3.0
    """For one check."""
    retries: int = 3
    """So many failures in a row make a healthy process unhealthy."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a Maven repository: `group:artifact:version[:packaging[:classifier]]`."""

    group: str
    name: str
    version: str
    packaging: str = "jar"
    classifier: str | None = None
    sha256: str | None = None
    """What it must hash to; None: nobody pinned it."""

    @classmethod
    def of(cls, text: str, sha256: str | None) -> Artifact:
        """Return what a recipe writes as `group:artifact:version:packaging:classifier`."""
        parts = [*text.split(":"), "", ""]
        group, name, version, packaging, classifier = parts[:5]
        return cls(group, name, version, packaging or "jar", classifier or None, sha256)

    @property
    def plugin(self) -> str:
        """Its folder where it is a plugin: `trino-iceberg` is `iceberg`."""
        return self.name.partition("-")[2] or self.name

    def __str__(self) -> str:
        return f"{self.group}:{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Program:
    """Where a recipe's program comes from (`native.program` of service.yaml)."""

    kind: str = "self"
    """`self` (the interpreter phlo runs in), `venv`, `wheel`, `path` or `maven`."""
    requirements: tuple[str, ...] = ()
    """For `venv` and `wheel`: what is installed, as pip takes it."""
    python: str | None = None
    """For `venv` and `wheel`: the Python it needs, such as `>=3.11,<3.13`; None: phlo's own."""
    folder: str | None = None
    """For `wheel`: where its programs are, relative to site-packages."""
    name: str | None = None
    """For `path`: the program looked for on PATH."""
    hint: str | None = None
    """For `path`: how to get it."""
    artifacts: tuple[Artifact, ...] = ()
    """For `maven`: the program and its plugins."""
    java: str | None = None
    """For `maven`: the Java it needs, such as `>=24`."""
    at: str | None = None
    """For `maven`: a folder that has the program, which then is not fetched."""


#: Stands for the folder of a program in the texts of its recipe, which only a runtime knows.
PROGRAM_FOLDER = "${PHLO_PROGRAM}"


@dataclass(frozen=True, slots=True)
class NativeProgram:
    """One local process of a service.

    Texts may hold `${PHLO_SECRET_NAME}`: the runtime puts the secret in when it writes the file
    that the process's shim reads (mode 0600), so no rendered file holds one.
    """

    name: str
    """Unique in the project: the service's name, or `service.process` where it has several."""
    service: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to a small set taken from phlo's own environment (PATH, HOME, LANG, TMPDIR, …)."""
    needs: tuple[str, ...] = ()
    """Names of programs that must be healthy first."""
    health: Health = field(default_factory=lambda: Health(HealthKind.STARTED))
    program: Program = field(default_factory=Program)
    init: tuple[tuple[str, ...], ...] = ()
    """Commands that must end with 0 before the process starts; run again when they change."""
    ports: tuple[int, ...] = ()
    """The ports on this machine that it will listen at."""
    stop_signal: str = "TERM"
    stop_grace: float = 10.0
    """Seconds between the stop signal and KILL."""
    ready_timeout: float = 120.0
    """Seconds it may take to become healthy before it counts as still starting."""
    parent: str | None = None
    """The service whose job it is."""
    is_job: bool = False
    """All there is to it is `init`: it is ready when that is done."""
    files: str = ""
    """The texts of its service's configuration files: with others it is started anew."""
    user: str | None = None
    """Whom it runs as when phlo runs as root, for a program that refuses to be root."""
