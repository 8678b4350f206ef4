"""`phlo.lock`: which packages and images a project was last started with, on every machine alike.

Committed with the project, it lets `--frozen` refuse to start with anything else.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.images import repository
from phlo.errors.lock import LockBroken, LockDrift, LockTooNew
from phlo.errors.state import FolderUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phlo.model.service import ServiceDefinition

FILE = "phlo.lock"
SCHEMA = 1
_HEAD = """\
# Which packages and images this project was last started with; keep it in version control.
# `phlo services start --frozen` starts with nothing else.
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """One package as the lock has it."""

    version: str
    service_yaml: str
    """`sha256:` and the digest of what its service.yaml says."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a project was started with."""

    phlo: str
    packages: Mapping[str, Locked] = field(default_factory=dict)
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Image as it is written -> platform -> `sha256:` and the digest its registry knows it by."""

    def text(self) -> str:
        """Return the lock as TOML, sorted: the same lock is the same text."""
        lines = [_HEAD, f"schema = {SCHEMA}", f"phlo = {json.dumps(self.phlo)}", ""]
        for name, locked in sorted(self.packages.items()):
            lines += [f"[packages.{json.dumps(name)}]", f"version = {json.dumps(locked.version)}",
                      f"service_yaml = {json.dumps(locked.service_yaml)}", ""]  # fmt: skip
        for image, digests in sorted(self.images.items()):
            lines += [f"[images.{json.dumps(image)}]"]
            lines += [
                f"{json.dumps(key)} = {json.dumps(one)}" for key, one in sorted(digests.items())
            ]
            lines += [""]
        return "\n".join(lines)


def lock_of(
    definitions: Iterable[ServiceDefinition], phlo: str,
    images: Mapping[str, Mapping[str, str]] | None = None,
) -> Lock:  # fmt: skip
    """Return the lock of what is installed.

    Args:
        definitions: The installed services, those that do not run on this machine included.
        phlo: The version of phlo.
        images: The digests of images.
    """
    packages = {
        one.package.distribution: Locked(one.package.version, _digest(one.package.file))
        for one in definitions
        if one.package.file
    }
    return Lock(phlo, packages, images or {})


def with_images(
    before: Mapping[str, Mapping[str, str]],
    found: Mapping[str, Mapping[str, str]],
    named: Iterable[str],
) -> dict[str, dict[str, str]]:
    """Return the digests of before with those found now; those of other platforms stay.

    An image goes when another tag of its repository comes in and no service names it any more. One
    that is merely not used stays: the overlay of another environment may name it.

    Args:
        before: What the lock says.
        found: What this start uses: image -> platform -> digest.
        named: The images that the services name which are known now, whether they run or not.
    """
    kept, new = set(named), {repository(image) for image in found if image not in before}
    merged = {
        image: dict(digests) for image, digests in before.items()
        if image in kept or image in found or repository(image) not in new
    }  # fmt: skip
    for image, digests in found.items():
        merged[image] = {**merged.get(image, {}), **digests}
    return merged


def update(
    root: Path, now: Lock, *, is_frozen: bool, unlocked: Iterable[str] = ()
) -> tuple[str, ...]:
    """Bring the project's lock to what is installed, and return what changed in it, in words.

    Args:
        root: The project's folder.
        now: What is installed and used.
        is_frozen: Refuse a change, and a lock that is not there.
        unlocked: Images that are used and whose digest is not known.

    Raises:
        LockDrift: It is frozen, and something else is installed (PHLO-L401).
        LockBroken: The file is not a lock (PHLO-L402).
        LockTooNew: A later phlo wrote it (PHLO-L403).
        FolderUnwritable: It cannot be written.
    """
    before = read(root)
    changed = tuple(differences(before, now)) if before else ("there is no phlo.lock yet",)
    if is_frozen and (changed or (unlocked := tuple(unlocked))):
        images = [f"image {one}: not locked" for one in unlocked]
        has_images = bool(images) or any(one.startswith("image ") for one in changed)
        raise LockDrift([*changed, *images], has_images=has_images)
    if before == now:
        return ()
    try:
        draft = root / f".{FILE}.new"
        draft.write_text(now.text(), encoding="utf-8")
        draft.replace(root / FILE)
    except OSError as error:
        raise FolderUnwritable(str(root / FILE), error.strerror or str(error)) from error
    return changed if before else ()


def read(root: Path) -> Lock | None:
    """Return the project's lock; None where there is none.

    Raises:
        LockBroken: The file is not a lock (PHLO-L402).
        LockTooNew: A later phlo wrote it (PHLO-L403).
    """
    try:
        found = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LockBroken(str(error)) from error
    schema = found.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise LockTooNew(schema, SCHEMA)
    return _lock(found)


def differences(before: Lock, now: Lock) -> list[str]:
    """Return what differs between two locks, in words."""
    found = [] if before.phlo == now.phlo else [f"phlo: {before.phlo} -> {now.phlo}"]
    for name in sorted({*before.packages, *now.packages}):
        old, new = before.packages.get(name), now.packages.get(name)
        if old is None or new is None:
            one = new or old
            assert one is not None, "the name comes from one of them"
            found.append(f"{name} {one.version}: {'added' if old is None else 'gone'}")
        elif old.version != new.version:
            found.append(f"{name}: {old.version} -> {new.version}")
        elif old != new:
            found.append(f"{name} {new.version}: its service.yaml says something else")
    for image in sorted({*before.images, *now.images}):
        found += _changed_image(image, before.images.get(image), now.images.get(image))
    return found


def _changed_image(
    image: str, before: Mapping[str, str] | None, now: Mapping[str, str] | None
) -> Iterator[str]:
    if now is None:
        yield f"image {image}: gone"
        return
    for platform, digest in sorted(now.items()):
        was = (before or {}).get(platform)
        if was is None:
            yield f"image {image}: {digest} for {platform}"
        elif was != digest:
            yield f"image {image} for {platform}: {was} -> {digest}"


def _lock(found: dict[str, Any]) -> Lock:
    try:
        packages = {
            str(name): Locked(str(one["version"]), str(one["service_yaml"]))
            for name, one in found.get("packages", {}).items()
        }
        images = {
            str(image): {str(platform): str(digest) for platform, digest in one.items()}
            for image, one in found.get("images", {}).items()
        }
        return Lock(str(found["phlo"]), packages, images)
    except (KeyError, TypeError, AttributeError) as error:
        raise LockBroken(f"it lacks {error}") from error


def _digest(file: str) -> str:
    try:
        return f"sha256:{hashlib.sha256(Path(file).read_bytes()).hexdigest()}"
    except OSError:  # uninstalled meanwhile: the next start will tell
        return "sha256:unknown"
