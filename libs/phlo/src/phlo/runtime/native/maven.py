"""Programs that Maven repositories serve: fetched once per user, checked, never half."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.download import DownloadFailed, WrongChecksum
from phlo.runtime.native.shared import complete, made_once
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phlo.model.native import Artifact, Program

#: The variable that names another repository than Maven Central, such as a company's mirror.
MIRROR = "PHLO_MAVEN_REPOSITORY"

_MEGABYTE = 1024 * 1024
_TIMEOUT = 60
#: How often it is told how much has come, in seconds.
_EVERY = 1.0


def fetch(
    service: str, program: Program, say: Callable[[str], None], place: Path | None = None
) -> Path:
    """Return the folder of a program, fetched if it is not there.

    An archive is unpacked without its outermost folder, a plugin below `plugin/`; a jar lies there
    as `<artifact>.jar`.

    Args:
        service: For whom, to be named in errors.
        program: What is to be there.
        say: Told each line of what is done.
        place: Where it is kept, instead of this user's cache.

    Raises:
        DownloadFailed: It cannot be fetched or unpacked.
        WrongChecksum: What came is not what the recipe pins.
    """
    key = hashlib.sha256(repr(program.artifacts).encode()).hexdigest()[:20]
    main = program.artifacts[0]
    base = (place or Path(cache_folder())).resolve() / "programs"
    folder = base / f"{main.name}-{main.version}-{key}"
    if complete(folder):
        return folder
    waiting = "waiting for another phlo command that fetches the same program"
    try:
        with made_once(folder, lambda: say(waiting)) as is_needed:
            if is_needed:
                for artifact in program.artifacts:
                    _put(service, artifact, folder, say, is_main=artifact is main)
    except OSError as error:
        problem = f"{folder}: {error.strerror or error}"
        raise DownloadFailed(service, str(main), problem) from error
    return folder


def _put(
    service: str, artifact: Artifact, folder: Path, say: Callable[[str], None], *, is_main: bool
) -> None:
    """Fetch one artifact into the folder."""
    # In a cache of its own: a download that is killed leaves a short file, which would be taken
    # for the whole one by the next call.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
        file = _download(service, artifact, Path(temporary), say)
        _check(service, artifact, file)
        if artifact.packaging == "jar":
            shutil.move(file, folder / f"{artifact.name}.jar")
            return
        say(f"unpacking {artifact}")
        unpacked = Path(temporary) / "unpacked"
        try:
            _unpack(file, unpacked)
        except (tarfile.TarError, zipfile.BadZipFile) as error:
            raise DownloadFailed(service, str(artifact), f"it cannot be unpacked: {error}") from (
                error
            )
        inner = _without_outermost(unpacked)
        if is_main:
            for one in inner.iterdir():
                shutil.move(one, folder / one.name)
        else:
            (folder / "plugin").mkdir(exist_ok=True)
            shutil.move(inner, folder / "plugin" / artifact.plugin)


def _download(service: str, artifact: Artifact, cache: Path, say: Callable[[str], None]) -> Path:
    from jgo.maven import MavenContext
    from requests import RequestException

    say(f"fetching {artifact}")
    # No repository of this machine: what is there may be short, too.
    mirror = os.environ.get(MIRROR)
    context = MavenContext(
        repo_cache=cache,
        local_repos=[],
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=_TIMEOUT,
    )
    project = context.project(artifact.group, artifact.name).at_version(artifact.version)
    wanted = project.artifact(packaging=artifact.packaging, classifier=artifact.classifier or "")
    try:
        with _told(cache, artifact, say):
            return Path(wanted.resolve())
    # It raises what its parts raise: RuntimeError for what no repository has.
    except (RequestException, RuntimeError, ValueError, KeyError) as error:
        raise DownloadFailed(service, str(artifact), str(error)) from error


@contextmanager
def _told(cache: Path, artifact: Artifact, say: Callable[[str], None]) -> Iterator[None]:
    """Tell how much has come, while it comes."""
    over = threading.Event()

    def watch() -> None:
        before = -1
        while not over.wait(_EVERY):
            files = [path for path in cache.rglob(f"{artifact.name}-*") if path.is_file()]
            now = max((path.stat().st_size for path in files), default=0) // _MEGABYTE
            if now != before:
                say(f"fetching {artifact}: {now} MB")
                before = now

    watcher = threading.Thread(target=watch, name="phlo-fetch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _check(service: str, artifact: Artifact, file: Path) -> None:
    if artifact.sha256 is None:
        return
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != artifact.sha256:
        raise WrongChecksum(service, str(artifact), wanted=artifact.sha256, found=found)


def _unpack(file: Path, folder: Path) -> None:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)  # it refuses paths outside of the folder by itself
        return
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")


def _without_outermost(folder: Path) -> Path:
    """Return the folder that holds what matters: the only one within, where there is just one."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
