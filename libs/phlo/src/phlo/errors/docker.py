"""Errors of containers: the engine (R), a container that fails (S), the data of a volume (X)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, Related
from phlo.errors.runtime import PrerequisiteError
from phlo.errors.service import ServiceCrashed, ServiceError
from phlo.errors.state import ConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.errors import Where


class EngineGone(PrerequisiteError):
    """The container engine does not answer any more.

    Containers may go on running; what phlo was about to do with them was not done.
    """

    code = "PHLO-R502"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"the container engine does not answer: {problem}",
            why="it has ended or hangs, or DOCKER_HOST names one that is not there",
            fix=Fix("start it again: sudo systemctl restart docker (Docker Desktop: open it)\n"
                    "then go on: phlo services start", command="phlo services start"),
        )  # fmt: skip


class ComposeMissing(PrerequisiteError):
    """The `docker` command has no `compose` of version 2.

    phlo starts containers by Docker Compose. podman-compose does not do: it ignores health
    conditions; Podman works with docker-compose as its provider.
    """

    code = "PHLO-R503"

    def __init__(self, found: str) -> None:
        super().__init__(
            f"Docker Compose v2 is not there: {found}",
            why="phlo starts containers by `docker compose`, at least 2.20",
            fix=Fix("install it: sudo apt install docker-compose-plugin, or docker-compose-v2\n"
                    "or run without containers: phlo services start --runtime native",
                    command="phlo services start --runtime native"),
        )  # fmt: skip


class EngineFailed(ServiceError):
    """The container engine, or Docker Compose, refuses what phlo asks of it."""

    code = "PHLO-S610"

    def __init__(self, what: str, said: str, *, lines: Sequence[str] = ()) -> None:
        super().__init__(
            f"`docker {what}` failed: {said}",
            related=[Related(line) for line in lines],
            why="the engine refused it; that is what it said",
            fix=Fix("correct what it says, then: phlo services start\n"
                    "see what phlo asks for: docker compose -f .phlo/compose.yaml "
                    "--env-file .phlo/.env config", command="phlo services start"),
        )  # fmt: skip


class CannotExecute(ServiceError):
    """A container's command is not in its image, or may not be run (exit 127 or 126)."""

    code = "PHLO-S611"

    def __init__(
        self, name: str, problem: str, *, said: str, image: str | None, where: Where | None
    ) -> None:
        super().__init__(
            f"'{name}' cannot run its command: {problem}",
            where=where,
            related=[Related(f"engine: {said}")] if said else [],
            why="the command is looked up in the image, not on this machine",
            fix=Fix(
                f"take the image's own: services: {{{name}: {{command: null, entrypoint: null}}}}\n"
                f"or look what is there: docker run --rm -it --entrypoint sh {image or 'IMAGE'}",
                command=f"phlo config explain services.{name}.command",
            ),
        )
        self.name = name


class WrongCredentials(ServiceError):
    """A service was refused by another one because its user or password is wrong."""

    code = "PHLO-S612"

    def __init__(
        self, name: str, said: str, *, seconds: float, lines: Sequence[str], own: Sequence[str]
    ) -> None:
        listed = ", ".join(own)
        check = f"\nthey come from: {listed}" if own else ""
        super().__init__(
            f"'{name}' is refused: its user or password is wrong",
            why=f"after {seconds:.0f}s its log says: {said}",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix(
                f"remove the credentials you set by hand, so that phlo gives those of the service "
                "it is bound to; which win: "
                f"phlo config explain services.{name}.environment{check}",
                command=f"phlo config explain services.{name}.environment",
            ),
        )
        self.name = name


class ConfigurationRejected(ServiceError):
    """A service ends because it does not understand its configuration."""

    code = "PHLO-S613"

    def __init__(
        self, name: str, said: str, *, seconds: float, lines: Sequence[str], files: Sequence[str]
    ) -> None:
        told = f" ({', '.join(files)})" if files else ""
        super().__init__(
            f"'{name}' does not understand its configuration",
            why=f"after {seconds:.0f}s its log says: {said}",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix(
                f"correct what it names in services.{name}: files{told}, environment or command; "
                f"what it got: phlo config show; then: phlo services start",
                command=f"phlo services logs {name}",
            ),
        )
        self.name = name


class OutOfMemory(ServiceCrashed):
    """A container was ended because it used more memory than it may have (exit 137).

    The kernel ends a program at its container's limit, or when the engine's machine is full.
    """

    def __init__(
        self, name: str, *, seconds: float, limit: str | None, total: str | None, raised: str,
        ready: tuple[int, int], waiting: Sequence[str], lines: Sequence[str],
        where: Where | None,
    ) -> None:  # fmt: skip
        change = f"services: {{{name}: {{resources: {{memory: {raised}}}}}}}"
        super().__init__(
            name, "was killed because it ran out of memory (exit 137, OOMKilled)",
            seconds=seconds, lines=lines, ready=ready, waiting=waiting, where=where,
            why=f"limit: {limit or 'none of its own'}; engine total: {total or 'unknown'}",
            fix=Fix(
                f"raise it: {change}\nor give the engine's machine more memory",
                command=f"phlo services start --set services.{name}.resources.memory={raised}",
            ),
        )  # fmt: skip


class Unhealthy(ServiceError):
    """A container runs, and its health check keeps failing."""

    code = "PHLO-S614"

    def __init__(self, name: str, *, seconds: float, output: str, lines: Sequence[str]) -> None:
        super().__init__(
            f"'{name}' runs, but its health check fails",
            why=f"after {seconds:.0f}s the last check said: {output or 'nothing'}",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix(
                f"see what it said: phlo services logs {name}\n"
                f"where the check itself is wrong: services.{name}.healthcheck; then: "
                "phlo services start",
                command=f"phlo services logs {name}",
            ),
        )
        self.name = name


class JobFailed(ServiceError):
    """A job, which must end with 0 once, ended otherwise."""

    code = "PHLO-S615"

    def __init__(
        self, name: str, code: int, *, waiting: Sequence[str], lines: Sequence[str]
    ) -> None:
        told = f"; waiting on it: {', '.join(waiting)}" if waiting else ""
        super().__init__(
            f"the job '{name}' failed with exit code {code}",
            why=f"what depends on it starts only when it has ended with 0{told}",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix(
                f"correct what it says, then run it again: phlo services start {name}",
                command=f"phlo services start {name}",
            ),
        )
        self.name = name


class DependencyFailed(ServiceError):
    """A service was not started, because one that it needs failed."""

    code = "PHLO-S616"

    def __init__(self, names: Sequence[str], cause: str) -> None:
        listed = ", ".join(f"'{name}'" for name in names)
        super().__init__(
            f"{listed} not started: '{cause}' failed",
            why="a service starts when those it depends on are ready",
            fix=Fix(f"see to '{cause}' first, then: phlo services start",
                    command=f"phlo services logs {cause}"),
        )  # fmt: skip
        self.names = tuple(names)


class StaleSecret(ConflictError):
    """A secret is not the one that a service's data was made with, so the service would refuse it.

    Databases store a password in their data. phlo keeps a fingerprint of it at the data's volume.
    """

    code = "PHLO-X303"

    def __init__(
        self, service: str, setting: str, secret: str, *, volume: str, created: str,
        where: Where | None,
    ) -> None:  # fmt: skip
        place = f"remove {where}" if where else f"put the old {secret} into .phlo/state/secrets.env"
        super().__init__(
            f"the data of '{service}' was made with another {setting} than the one it would get",
            where=where,
            related=[
                Related(f"volume: {volume} (created {created})"),
                Related(f"secret: {secret}"),
            ],
            why=f"'{service}' stores it in its data; changing the setting does not change that",
            fix=Fix(
                f"keep the data:   phlo secrets rotate {service}.{setting} --from-old\n"
                f"restore the old: {place}\n"
                f"start empty:     phlo services reset {service}   (a snapshot is taken first)",
                command=f"phlo services reset {service}",
            ),
        )
        self.service = service


class NotPacked(ServiceError):
    """The project's Python packages cannot be put together for an image.

    A service that runs the project's steps in a container has the packages in its image: those that
    phlo and the project's requirements need, as they are installed in the project's Python.
    """

    code = "PHLO-S618"

    def __init__(self, python: str, problem: str) -> None:
        super().__init__(
            f"the packages of {python} cannot be put into an image: {problem}",
            why="an image that runs the project's steps holds the project's packages",
            fix=Fix("install phlo and the packages that the project needs into that Python, or run "
                    "without containers: phlo services start --runtime native",
                    command="phlo services start --runtime native"),
        )  # fmt: skip
