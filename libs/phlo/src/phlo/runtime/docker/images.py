"""The images of containers: fetched before anything is made of them, each with its digest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.compose.images import has_digest, repository
from phlo.runtime.docker.image_faults import image_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from phlo.model.container import ContainerService
    from phlo.runtime.docker.engine import Engine

    Digests = Mapping[str, Mapping[str, str]]
    """Image as it is written -> platform -> digest."""

#: Longer than an image of many gigabytes takes on a slow line.
_PATIENCE = 7200.0


@dataclass(frozen=True, slots=True)
class Pins:
    """Which bytes the images of a start mean."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """Service -> digest."""
    used: Digests = field(default_factory=dict)
    """What of it the lock is to say."""
    unknown: Mapping[str, bool] = field(default_factory=dict)
    """Service whose image has no digest -> whether it is on this machine, and was made there."""


class Images:
    """The images that services of one project name.

    Args:
        engine: The engine.
        services: The services that run in containers.
    """

    def __init__(self, engine: Engine, services: Iterable[ContainerService]) -> None:
        self.engine = engine
        self.services = [
            one for one in services if one.image and not one.is_built and not has_digest(one.image)
        ]
        self._platform: str | None = None

    def pin(self, locked: Digests) -> Pins:
        """Return which bytes each image means: by the lock, else by what is on this machine."""
        digests, used, unknown = {}, dict[str, dict[str, str]](), {}
        open_ones = []
        for one in self.services:
            image, platform = str(one.image), self.platform_of(one)
            if digest := locked.get(image, {}).get(platform):
                digests[one.name] = digest
                used.setdefault(image, {})[platform] = digest
            else:
                open_ones.append(one)
        there = self._inspect(one.image for one in open_ones)
        for one in open_ones:
            image, platform = str(one.image), self.platform_of(one)
            about = there.get(image)
            if about is None or not _is_for(about, platform):
                unknown[one.name] = False
            elif digest := _digest(about, image):
                digests[one.name] = digest
                used.setdefault(image, {})[platform] = digest
            else:
                unknown[one.name] = True
        return Pins(digests, used, unknown)

    def fetch(
        self, names: Iterable[str], say: Callable[[str, str], None], *, are_there: bool = False
    ) -> None:
        """Fetch the images of services.

        Args:
            names: The services.
            say: Told of each service what is being done for it.
            are_there: Fetch those anew, too, that are on this machine; one that no registry has
                stays as it is.

        Raises:
            ImageMissing: One cannot be had.
        """
        wanted = set(names)
        chosen = {(one.image, one.platform): one for one in self.services if one.name in wanted}
        there = self._inspect(one.image for one in chosen.values())
        for one in chosen.values():
            about = there.get(str(one.image))
            is_here = about is not None and _is_for(about, self.platform_of(one))
            is_own = is_here and not _digest(about or {}, str(one.image))
            if is_own or (is_here and not are_there):
                continue
            say(one.name, f"fetching {one.image}")
            platform = ["--platform", one.platform] if one.platform else []
            done = self.engine.run("pull", "--quiet", *platform, str(one.image), timeout=_PATIENCE)
            if done.code:
                said = (done.err.strip() or done.out.strip()).splitlines() or ["it says nothing"]
                raise image_fault(one, self.services, said[-1], "\n".join(said))

    def platform_of(self, one: ContainerService) -> str:
        """Return the platform that a service runs on."""
        if one.platform:
            return one.platform
        if self._platform is None:
            form = "{{.Server.Os}}/{{.Server.Arch}}"
            self._platform = self.engine.ask("version", "--format", form).strip()
        return self._platform

    def _inspect(self, names: Iterable[str | None]) -> dict[str, Mapping[str, Any]]:
        """Return how the engine describes images, of those that are on this machine."""
        found = {}
        for name in dict.fromkeys(str(one) for one in names):
            done = self.engine.run("image", "inspect", name)
            if done.code == 0:
                found[name] = json.loads(done.out)[0]
        return found


def _is_for(about: Mapping[str, Any], platform: str) -> bool:
    # A variant, such as that of linux/arm64/v8, is often left out on one of the sides.
    return platform.split("/")[:2] == [about.get("Os"), about.get("Architecture")]


def _digest(about: Mapping[str, Any], image: str) -> str | None:
    """Return the digest by which the registry in an image's name knows it; None: by none."""
    wanted = repository(image)
    known: Sequence[str] = about.get("RepoDigests") or ()
    parts = (one.partition("@") for one in known)
    return next((digest for name, _, digest in parts if repository(name) == wanted), None)
