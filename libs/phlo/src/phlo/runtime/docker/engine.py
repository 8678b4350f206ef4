"""The container engine, asked by the `docker` command: it knows contexts, ssh and certificates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors.docker import EngineFailed, EngineGone
from phlo.runtime.docker.container import Container, read_container

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PROJECT = "com.docker.compose.project"
_PATIENCE = 60.0
_OURS = ("COMPOSE_", "PHLO_SECRET_", "PHLO_FINGERPRINT_", "PHLO_GATEWAY", "PHLO_USER")
#: What the command says when nobody answers at the engine's address.
GONE = ("Cannot connect to the Docker daemon", "error during connect", "connection refused",
         "Is the docker daemon running")  # fmt: skip


def is_gone(said: str) -> bool:
    """Tell whether what a command said means that no engine answers.

    An engine that reports a registry it cannot reach does answer.
    """
    return any(text in said for text in GONE) and "Error response from daemon" not in said


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


class Engine:
    """The engine, as one project sees it.

    Args:
        name: The project's Compose name, by which its containers, volumes and network are found.
        host: The engine's address; None: the one that `docker` itself would take.
    """

    def __init__(self, name: str, host: str | None = None) -> None:
        self.name = name
        # No variable of the shell stands in for a value of the project's own files.
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        self.environ = kept | ({"DOCKER_HOST": host} if host else {})

    def run(self, *arguments: str, timeout: float = _PATIENCE) -> Done:
        """Run a `docker` command to its end, whatever the end.

        Raises:
            EngineGone: No engine answers.
        """
        try:
            done = subprocess.run(
                ["docker", *arguments], capture_output=True, text=True, encoding="utf-8",
                errors="replace", timeout=timeout, stdin=subprocess.DEVNULL, env=self.environ,
                check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise EngineGone("the command 'docker' is not on PATH") from error
        except subprocess.TimeoutExpired as error:
            raise EngineGone(f"it gave no answer in {timeout:.0f}s") from error
        if done.returncode and is_gone(done.stderr):
            raise EngineGone(_last(done.stderr))
        return Done(done.returncode, done.stdout, done.stderr)

    def ask(self, *arguments: str, timeout: float = _PATIENCE) -> str:
        """Return what a command prints.

        Raises:
            EngineGone: No engine answers.
            EngineFailed: It refuses.
        """
        done = self.run(*arguments, timeout=timeout)
        if done.code:
            raise EngineFailed(" ".join(arguments[:2]), _last(done.err))
        return done.out

    def containers(self) -> dict[str, Container]:
        """Return the project's containers by their service, stopped ones too."""
        found = [read_container(one) for one in self._inspected("container", "ps", "-a")]
        return {one.service: one for one in found if one.service}

    def volumes(self) -> list[dict[str, Any]]:
        """Return the project's volumes as the engine describes them."""
        return self._inspected("volume", "volume", "ls")

    def gateway(self) -> str | None:
        """Return the address of this machine in the project's network; None where there is none."""
        for network in self._inspected("network", "network", "ls"):
            for one in network["IPAM"]["Config"] or ():
                if gateway := one.get("Gateway"):
                    return str(gateway)
        return None

    def _inspected(self, kind: str, *listing: str) -> list[dict[str, Any]]:
        names = self.ask(*listing, "-q", "--filter", f"label={PROJECT}={self.name}").split()
        if not names:
            return []
        # One that is removed in between is left out, and its absence makes the command fail.
        found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", *names).out or "[]")
        return found

    def logs(self, container: Container, count: int, *, is_timed: bool = False) -> list[str]:
        """Return the last lines of a container, of both its streams in their order."""
        options = ["--timestamps"] if is_timed else []
        done = self.run_merged("logs", "--tail", str(count), *options, container.id)
        return done.splitlines()[-count:] if count else []

    def run_merged(self, *arguments: str) -> str:
        """Return both streams of a command as they came."""
        done = subprocess.run(
            ["docker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            encoding="utf-8", errors="replace", timeout=_PATIENCE, stdin=subprocess.DEVNULL,
            env=self.environ, check=False,
        )  # fmt: skip
        return done.stdout

    def attach(self, verb: str, container: str, command: Sequence[str]) -> int:
        """Run a command at this very terminal, and return its exit code."""
        terminal = ["-t"] if sys.stdin.isatty() and sys.stdout.isatty() else []
        whole = ["docker", verb, "-i", *terminal, container, *command]
        return subprocess.run(whole, env=self.environ, check=False).returncode

    def died_of_memory(self, container: Container) -> bool:
        """Tell from the engine's events whether a container ran out of memory since it was made."""
        done = self.run(
            "events", "--since", container.created, "--until", "0s", "--filter",
            f"container={container.id}", "--filter", "event=oom", "--format", "{{.Status}}",
        )  # fmt: skip
        return "oom" in done.out

    def platform_of(self, image: str) -> str | None:
        """Return the platform of an image; None where it is not on this machine."""
        done = self.run("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", image)
        return done.out.strip() if done.code == 0 else None

    def remove_volumes(self, names: Sequence[str]) -> None:
        """Remove volumes and the data in them."""
        if names:
            self.ask("volume", "rm", "--force", *names)

    def remove_networks(self) -> None:
        """Remove the project's networks."""
        filters = ("--filter", f"label={PROJECT}={self.name}")
        if names := self.ask("network", "ls", "-q", *filters).split():
            self.ask("network", "rm", *names)

    def remove_built_images(self) -> list[str]:
        """Remove the images that were built for the project; return their names.

        One that something else uses stays.
        """
        filters = ("--filter", f"label={PROJECT}={self.name}")
        told = self.ask("image", "ls", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}", *filters)
        found = [line.split() for line in told.splitlines()]
        # One that a later build took the name of has only its id.
        names = [one if "<none>" in name else name for one, name in found]
        return [name for name in names if self.run("image", "rm", name).code == 0]

    def start(self, containers: Iterable[Container]) -> Done:
        """Start containers."""
        return self.run("start", *(one.id for one in containers))

    def memory(self) -> int | None:
        """Return how much memory the engine has for all containers."""
        done = self.run("info", "--format", "{{.MemTotal}}")
        return int(done.out) if done.code == 0 and done.out.strip().isdigit() else None


def _last(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
