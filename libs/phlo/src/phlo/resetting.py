"""Remove the data of services, and put it back: a snapshot is taken before anything is removed."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from phlo.errors import PhloError
from phlo.errors.docker import EngineFailed
from phlo.errors.snapshot import RestoreFailed, SnapshotFailed, SnapshotUnusable
from phlo.pipeline import compose, runtimes
from phlo.runtime.docker import fingerprints
from phlo.runtime.lock import project_lock
from phlo.runtime.native import definitions
from phlo.runtime.progress import ignore
from phlo.runtime.snapshots import file as snapshots
from phlo.runtime.snapshots import local, volumes
from phlo.runtime.started import as_started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from phlo.runtime.mixed import Runtimes
    from phlo.runtime.progress import OnProgress
    from phlo.runtime.snapshots.file import About, Snapshot


@dataclass(frozen=True, slots=True)
class Reset:
    """What was done."""

    removed: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    restored: str | None = None
    """The snapshot that was put back."""


def reset(
    root: Path,
    names: Iterable[str] = (),
    *,
    with_snapshot: bool = True,
    restore: Path | None = None,
    on_progress: OnProgress = ignore,
    on_wait: Callable[[str], None] | None = None,
) -> Reset:
    """Stop services, all if none is named, and remove their data; a snapshot of it is taken first.

    The lake and the secrets stay: they are the project's, not a service's.

    Args:
        root: The project's folder.
        names: The services.
        with_snapshot: Take a snapshot of each that has data; it is removed only then.
        restore: Put this snapshot back after, of the one service that is named.
        on_progress: Told of each that has stopped.
        on_wait: Told for whom this waits, when another command holds the project.

    Raises:
        NoSuchService: Nothing of that name was ever started.
        SnapshotFailed: A snapshot cannot be taken; nothing was removed (PHLO-X317).
        SnapshotUnusable: What is to be put back cannot be; nothing was removed (PHLO-X318).
        RestoreFailed: It could not be put back whole (PHLO-X319).
    """
    if not (root / ".phlo").exists():
        return Reset()
    chosen = list(names)
    with project_lock(root, "resetting services", on_wait=on_wait):
        these = runtimes(root)
        if restore and not restore.exists() and (root / restore).exists():
            restore = root / restore  # as the message that told of it names it
        about = _checked(root, these, chosen[0], restore) if restore else None
        wanted = _there(these, chosen) if restore else chosen
        if wanted or not restore:
            these.stop(wanted or None, on_progress)
        taken = _take(root, these, chosen) if with_snapshot else ()
        removed: Sequence[str] = ()
        if wanted or not restore:
            removed = these.reset(wanted or None, on_progress)
        fingerprints.forget(root, _volumes(removed))
        if restore and about:
            _restore(root, these, about, restore, taken)
        for one in taken:
            snapshots.prune(root, one.service, apart_from=restore.resolve() if restore else None)
    return Reset(tuple(removed), taken, str(restore) if restore else None)


def _there(these: Runtimes, names: Iterable[str]) -> list[str]:
    """Return those services of which anything is there: after a reset nothing is."""
    known = {one.service for one in these.status().values()}
    return [name for name in names if name in known]


def _volumes(removed: Iterable[str]) -> list[str]:
    return [one.removeprefix("volume ") for one in removed if one.startswith("volume ")]


def _take(root: Path, these: Runtimes, names: Sequence[str]) -> tuple[Snapshot, ...]:
    """Take a snapshot of all that services keep, of every service if none is named."""
    taken = []
    for about, pack in _kept(root, these, names):
        try:
            taken.append(snapshots.take(root, about, pack))
        except EngineFailed as error:
            raise SnapshotFailed(about.service, snapshots.FOLDER, error.message) from error
    return tuple(taken)


def _kept(
    root: Path, these: Runtimes, names: Sequence[str]
) -> Iterator[tuple[About, Callable[[tarfile.TarFile], None]]]:
    place = these.native.place
    # One that was put back and not started yet is no process so far.
    homes = set(names) or {str(one["home"]) for one in definitions.read(place).values()}
    for name in sorted(homes):
        home = place.home(name)
        if not local.is_empty(home):
            yield snapshots.About(name, "native"), partial(local.pack, home)
    docker = these.docker
    found = volumes.of_services(docker.engine) if docker else {}
    for name, own in sorted(found.items()):
        if docker and (not names or name in names):
            labels = {key: volumes.labels_of(root, volume) for key, volume in own.items()}
            there = {key: str(volume["Name"]) for key, volume in own.items()}
            yield (
                snapshots.About(name or docker.engine.name, "docker", labels),
                partial(volumes.pack, docker.engine, there),
            )


def _checked(root: Path, these: Runtimes, name: str, file: Path) -> About:
    """Return what a snapshot is of, if it can be put back.

    Raises:
        SnapshotUnusable: It cannot (PHLO-X318).
    """
    if not file.is_file():
        there = snapshots.known(root, [name])
        raise SnapshotUnusable(str(file), "there is no such file", there=there)
    about = snapshots.read(file)
    if about.service != name:
        command = f"phlo services reset {about.service} --restore {file}"
        raise SnapshotUnusable(str(file), f"it is of '{about.service}'", command=command)
    runtime = _runtime(root, these, name)
    if runtime not in (about.runtime, None):
        held = {"native": "a local process", "docker": "a container"}
        problem = f"it is of {held[about.runtime]}, and '{name}' is {held.get(runtime, runtime)}"
        line = f"services: {{{name}: {{runtime: {about.runtime}}}}}"
        raise SnapshotUnusable(str(file), problem, fix=f"run it so again: {line}")
    if about.runtime == "docker" and these.docker is None:
        problem = "the project has no containers yet"
        raise SnapshotUnusable(str(file), problem, command="phlo services init")
    return about


def _runtime(root: Path, these: Runtimes, name: str) -> str | None:
    """Return where a service runs; None where the configuration does not say."""
    for one in these.status().values():
        if one.service == name:
            return one.runtime
    try:
        found = compose(root, as_started(root), os.environ).services
    except PhloError:
        return None
    return found[name].runtime if name in found else None


def _restore(
    root: Path, these: Runtimes, about: About, file: Path, taken: Sequence[Snapshot]
) -> None:
    docker = these.docker
    try:
        if about.runtime == "native":
            local.unpack(file, these.native.place.home(about.service))
        elif docker is not None:
            left = volumes.of_services(docker.engine).get(about.service, {})
            docker.engine.remove_volumes([str(one["Name"]) for one in left.values()])
            made = volumes.make(docker.engine, root, about.volumes)
            volumes.unpack(file, docker.engine, made)
    except (OSError, tarfile.TarError, EngineFailed) as error:
        problem = getattr(error, "strerror", None) or str(error)
        before = next((one.file for one in taken if one.service == about.service), None)
        raise RestoreFailed(about.service, str(file), problem, before=before) from error
