"""What a start brings `phlo.lock` to: the packages that are installed, the images that are used."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from phlo.compose.docker import containers
from phlo.compose.images import has_version
from phlo.compose.waves import with_needs
from phlo.config.lockfile import lock_of, read, update, with_images
from phlo.errors import raise_all
from phlo.errors.lock import ImageNotLocked, ImageWithoutVersion
from phlo.model.status import ServiceState
from phlo.runtime.docker.engine import Engine
from phlo.runtime.docker.find import find
from phlo.runtime.docker.images import Images, Pins
from phlo.runtime.progress import Progress, ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from phlo.errors import PhloError
    from phlo.model.container import ContainerService
    from phlo.model.stack import Stack
    from phlo.runtime.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Fetch:
    """Images are fetched for a start; without, what is on this machine is looked at."""

    names: tuple[str, ...] = ()
    """The services that are started, with what they need; none: all."""
    is_renewed: bool = False
    """What the names of images mean today, whatever the lock says."""
    on_progress: OnProgress = ignore


@dataclass(frozen=True, slots=True)
class Locked:
    """What came of it."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """Service -> the digest of its image."""
    changes: tuple[str, ...] = ()
    """What changed in the lock, in words."""
    warnings: tuple[PhloError, ...] = ()


def lock(
    root: Path, stack: Stack, environ: Mapping[str, str], *, is_frozen: bool, fetch: Fetch | None
) -> Locked:
    """Bring the project's lock to what is installed and used, or refuse what it does not say.

    Args:
        root: The project's folder.
        stack: What will run.
        environ: The process environment.
        is_frozen: Refuse what the lock does not say.
        fetch: Which images are fetched; None: none.

    Raises:
        ImageMissing: An image cannot be had (PHLO-N702).
        LockDrift: It is frozen, and something else is installed or used (PHLO-L401).
        ImageNotLocked: It is frozen, and an image has no digest (PHLO-L405).
        LockBroken: The file is not a lock (PHLO-L402).
        LockTooNew: A later phlo wrote it (PHLO-L403).
        EngineGone: No engine answers.
    """
    before = read(root)
    images = before.images if before else {}
    found, pins, unlocked = containers(stack), Pins(), []
    if found:
        known = Images(Engine("", find(environ).host), found)
        pins = known.pin(images)
        if is_frozen:
            _refuse_local(found, pins)
            unlocked = [f"{one.image} for {known.platform_of(one)}"
                        for one in found if one.name in pins.unknown]  # fmt: skip
        elif fetch:
            pins = _fetched(known, stack, pins, images, fetch)
    named = (stack.layered.value(("services", name, "image")) for name in stack.definitions)
    merged = with_images(images, pins.used, (str(one) for one in named if one))
    now = lock_of(stack.definitions.values(), version("phlo"), merged)
    changes = update(root, now, is_frozen=is_frozen, unlocked=unlocked)
    return Locked(pins.digests, changes, tuple(_without_version(found, pins)))


def _fetched(
    images: Images, stack: Stack, pins: Pins, locked: Mapping[str, Mapping[str, str]], fetch: Fetch
) -> Pins:
    began = time.monotonic()

    def say(name: str, text: str) -> None:
        elapsed = time.monotonic() - began
        fetch.on_progress(Progress(name, ServiceState.STARTING, elapsed, message=text))

    chosen = with_needs(stack, fetch.names or None)
    if not fetch.is_renewed:
        images.fetch([name for name in chosen if pins.unknown.get(name) is False], say)
        return images.pin(locked)
    images.fetch(chosen, say, are_there=True)
    renewed = {one.image for one in images.services if one.name in chosen}
    return images.pin({image: one for image, one in locked.items() if image not in renewed})


def _refuse_local(found: Iterable[ContainerService], pins: Pins) -> None:
    """Refuse images that have no digest; what is not fetched yet is told with the other changes."""
    raise_all([
        ImageNotLocked(str(one.image), one.name, where=one.places.get("image"))
        for one in found if pins.unknown.get(one.name)
    ])  # fmt: skip


def _without_version(found: Iterable[ContainerService], pins: Pins) -> Iterator[PhloError]:
    for one in found:
        if one.name in pins.unknown and not has_version(str(one.image)):
            is_here = pins.unknown[one.name]
            where = one.places.get("image")
            yield ImageWithoutVersion(str(one.image), one.name, is_here=is_here, where=where)
