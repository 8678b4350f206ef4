"""Docker Compose: what it is asked for, and what its refusals mean."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from phlo.compose.images import with_digest
from phlo.errors.docker import ComposeMissing, EngineFailed, EngineGone
from phlo.errors.network import BuildFailed
from phlo.runtime import ports
from phlo.runtime.docker.engine import is_gone
from phlo.runtime.docker.image_faults import image_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from phlo.errors import PhloError
    from phlo.model.container import ContainerService
    from phlo.runtime.docker.engine import Engine

FILE, VALUES = ".phlo/compose.yaml", ".phlo/.env"
_TAKEN = re.compile(r"(?:port is already allocated|address already in use)", re.IGNORECASE)
_PORT = re.compile(r"(?:Bind for |listen tcp4? |exposing port TCP )\S*?:(\d+)")
_SHOWN_LINES = 8
#: What `docker` says when it has no `compose`, or an old one.
_NO_COMPOSE = ("is not a docker command", "unknown flag: --progress", "unknown shorthand flag")


class Compose:
    """`docker compose` for one project.

    Args:
        engine: The engine.
        root: The project's folder, where the Compose file is.
    """

    def __init__(self, engine: Engine, root: Path) -> None:
        self.engine = engine
        self.root = root

    @property
    def is_there(self) -> bool:
        """Whether there is a Compose file."""
        return (self.root / FILE).exists()

    def command(self) -> tuple[str, ...]:
        """Return how Compose is called for this project, without what it is to do."""
        return (
            "docker", "compose", "--progress", "plain", "-p", self.engine.name,
            "-f", str(self.root / FILE), "--env-file", str(self.root / VALUES),
        )  # fmt: skip

    def services(self) -> set[str]:
        """Return the services that the file names."""
        import yaml

        content = yaml.safe_load((self.root / FILE).read_text(encoding="utf-8"))
        return set(content["services"])

    def create(self, services: Sequence[ContainerService], say: Callable[[str, str], None]) -> None:
        """Make the containers of services, with network, volumes and images; start none.

        What is there as it is wanted stays and goes on running; what changed is made anew.

        Args:
            services: Which.
            say: Told of each service what is being done for it.

        Raises:
            ImageMissing: An image is not there.
            BuildFailed: It cannot be built.
            EngineFailed: Compose refuses something else.
        """
        build = ["--build"] if any(one.is_built for one in services) else []
        names = [one.name for one in services]
        code, lines = self._run(["create", *build, *names], names, say)
        if code:
            raise self._refused(services, lines)

    def stop(self, names: Sequence[str], say: Callable[[str, str], None]) -> None:
        """Stop containers, those that need others first.

        Raises:
            EngineFailed: Compose refuses.
        """
        code, lines = self._run(["stop", *names], names, say)
        if code:
            raise EngineFailed("compose stop", lines[-1] if lines else "it says nothing")

    def _run(
        self, arguments: Sequence[str], names: Iterable[str], say: Callable[[str, str], None]
    ) -> tuple[int, list[str]]:
        command = [*self.command(), *arguments]
        by_name = {f"{self.engine.name}-{name}-1": name for name in names} | {n: n for n in names}
        lines: list[str] = []
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
                env=self.engine.environ,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise EngineGone("the command 'docker' is not on PATH") from error
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                if text := line.strip():
                    lines.append(text)
                    words = text.split()
                    found = next((by_name[word] for word in words if word in by_name), None)
                    if found:
                        say(found, words[-1].lower() if len(words) < 4 else text)
        if process.returncode and is_gone("\n".join(lines)):
            raise EngineGone(lines[-1])
        if process.returncode and any(text in line for line in lines for text in _NO_COMPOSE):
            raise ComposeMissing(lines[0])
        return process.returncode, lines

    def _refused(self, services: Sequence[ContainerService], lines: Sequence[str]) -> PhloError:
        """Return what a refusal to make containers means."""
        said = lines[-1] if lines else "it says nothing"
        text = "\n".join(lines[-40:])
        built = next((one for one in services if one.is_built), None)
        if built and re.search(r"failed to (solve|build)|returned a non-zero code", text):
            return BuildFailed(
                built.name, lines=lines[-_SHOWN_LINES:], where=built.places.get("image")
            )
        absent = [one for one in services if one.image and not self._is_usable(one)]
        if not absent:
            return refused("compose create", said, lines[-_SHOWN_LINES:], services)
        return image_fault(absent[0], services, said, text)

    def _is_usable(self, service: ContainerService) -> bool:
        if service.is_built:
            return True
        found = self.engine.platform_of(with_digest(str(service.image), service.digest))
        return found is not None and service.platform in (None, found)


def refused(
    what: str, said: str, lines: Sequence[str], services: Sequence[ContainerService]
) -> PhloError:
    """Return what a refusal of the engine means: a port that is taken, or what it says."""
    if _TAKEN.search(said) and (found := _PORT.search(said)):
        number = int(found[1])
        owner = next((s for s in services if number in s.ports), services[0])
        where = owner.places.get("ports")
        return ports.in_use(number, needed_by=owner.name, where=where)
    return EngineFailed(what, said, lines=lines)
