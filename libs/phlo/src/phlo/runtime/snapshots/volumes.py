"""The data of a service in a container: its volumes.

The engine copies from and to a container that was only made, so no program of any image is run.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phlo.errors.docker import EngineFailed
from phlo.runtime.docker import fingerprints
from phlo.runtime.docker.engine import PROJECT
from phlo.runtime.snapshots.file import DATA, copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from phlo.runtime.docker.engine import Engine

#: Where the volumes are in that container: in no image, so that nothing of one is copied in.
_PLACE = "phlo-volumes"
_VOLUME = "com.docker.compose.volume"
_ROOT = "phlo.root"


def of_services(engine: Engine) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return the project's volumes: service -> name in the Compose file -> how it is described."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for volume in engine.volumes():
        labels = volume.get("Labels") or {}
        name = labels.get(_VOLUME) or volume["Name"].removeprefix(f"{engine.name}_")
        found.setdefault(labels.get("phlo.service", ""), {})[name] = volume
    return found


def labels_of(root: Path, volume: Mapping[str, Any]) -> dict[str, str]:
    """Return a volume's labels, with the fingerprints that its data has by now."""
    labels = dict(volume.get("Labels") or {})
    return labels | fingerprints.labels(root, volume)


def pack(engine: Engine, volumes: Mapping[str, str], tar: tarfile.TarFile) -> None:
    """Add volumes to an archive, with owners and modes.

    Args:
        engine: The engine.
        volumes: Name in the archive -> the volume.
        tar: The archive.

    Raises:
        EngineFailed: The engine refuses.
        tarfile.TarError: What it sends is damaged.
    """
    with _holding(engine, volumes, "ro") as container, tempfile.TemporaryFile() as said:
        command = ["docker", "cp", f"{container}:/{_PLACE}", "-"]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
            env=engine.environ,
        ) as process:  # fmt: skip
            try:
                with tarfile.open(fileobj=process.stdout, mode="r|") as sent:
                    copy(sent, tar, _PLACE, DATA)
            except BaseException:
                process.kill()
                raise
            finally:
                said.seek(0)
        if process.returncode:
            raise EngineFailed("cp", _text(said.read()))


def unpack(file: Path, engine: Engine, volumes: Mapping[str, str]) -> None:
    """Fill volumes from an archive, with owners and modes.

    Args:
        file: The archive.
        engine: The engine.
        volumes: Name in the archive -> the volume.

    Raises:
        EngineFailed: The engine refuses, such as when its disk is full.
        tarfile.TarError: The archive is damaged.
    """
    with _holding(engine, volumes, "rw") as container, tempfile.TemporaryFile() as said:
        command = ["docker", "cp", "-", f"{container}:/{_PLACE}"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=said, stderr=said, env=engine.environ
        ) as process:
            try:
                with tarfile.open(file, "r|gz") as kept, tarfile.open(
                    fileobj=process.stdin, mode="w|", format=tarfile.PAX_FORMAT
                ) as sent:  # fmt: skip
                    copy(kept, sent, DATA, "")
            except BrokenPipeError:
                pass  # it says why itself
            except BaseException:
                process.kill()
                raise
        said.seek(0)
        if process.returncode:
            raise EngineFailed("cp", _text(said.read()))


def make(engine: Engine, root: Path, volumes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Make volumes as they were when a snapshot was taken; return them by their names in it.

    Raises:
        EngineFailed: The engine refuses.
    """
    made = {}
    for name, labels in volumes.items():
        own = {**labels, PROJECT: engine.name, _VOLUME: name, _ROOT: str(root)}
        given = [part for key, one in sorted(own.items()) for part in ("--label", f"{key}={one}")]
        made[name] = engine.ask("volume", "create", *given, f"{engine.name}_{name}").strip()
    return made


@contextmanager
def _holding(engine: Engine, volumes: Mapping[str, str], access: str) -> Iterator[str]:
    """Make a container that has volumes, and remove it after."""
    images = engine.ask("images", "--quiet", "--no-trunc").split()
    if not images:
        raise EngineFailed("images", "there is no image, of which a container could be made")
    mounts = [
        part for name, volume in volumes.items()
        for part in ("--volume", f"{volume}:/{_PLACE}/{name}:{access}")
    ]  # fmt: skip
    # Any image does: nothing of it runs.
    made = engine.ask(
        "create", "--network", "none", *mounts, images[0], "true", timeout=300
    ).strip()  # fmt: skip
    try:
        yield made
    finally:
        engine.run("rm", "--force", made)


def _text(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"
