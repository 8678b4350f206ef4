"""`phlo.lock`: which packages a project was last started with, the same on every machine.

Committed with the project, it lets `--frozen` refuse to start with anything else.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.lock import LockBroken, LockDrift, LockTooNew
from phlo.errors.state import FolderUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.model.service import ServiceDefinition

FILE = "phlo.lock"
SCHEMA = 1
_HEAD = """\
# Which packages this project was last started with; keep it in version control.
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

    def text(self) -> str:
        """Return the lock as TOML, sorted: the same lock is the same text."""
        lines = [_HEAD, f"schema = {SCHEMA}", f"phlo = {json.dumps(self.phlo)}", ""]
        for name, locked in sorted(self.packages.items()):
            lines += [f"[packages.{json.dumps(name)}]", f"version = {json.dumps(locked.version)}",
                      f"service_yaml = {json.dumps(locked.service_yaml)}", ""]  # fmt: skip
        return "\n".join(lines)


def lock_of(definitions: Iterable[ServiceDefinition], phlo: str) -> Lock:
    """Return the lock of what is installed.

    Args:
        definitions: The installed services, those that do not run on this machine included.
        phlo: The version of phlo.
    """
    packages = {
        one.package.distribution: Locked(one.package.version, _digest(one.package.file))
        for one in definitions
        if one.package.file
    }
    return Lock(phlo, packages)


def update(root: Path, now: Lock, *, is_frozen: bool) -> tuple[str, ...]:
    """Bring the project's lock to what is installed, and return what changed in it, in words.

    Args:
        root: The project's folder.
        now: What is installed.
        is_frozen: Refuse a change, and a lock that is not there.

    Raises:
        LockDrift: It is frozen, and something else is installed (PHLO-L401).
        LockBroken: The file is not a lock (PHLO-L402).
        LockTooNew: A later phlo wrote it (PHLO-L403).
        FolderUnwritable: It cannot be written.
    """
    before = read(root)
    if before == now:
        return ()
    changed = tuple(differences(before, now)) if before else ("there is no phlo.lock yet",)
    if is_frozen:
        raise LockDrift(changed)
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
    return found


def _lock(found: dict[str, Any]) -> Lock:
    try:
        packages = {
            str(name): Locked(str(one["version"]), str(one["service_yaml"]))
            for name, one in found.get("packages", {}).items()
        }
        return Lock(str(found["phlo"]), packages)
    except (KeyError, TypeError, AttributeError) as error:
        raise LockBroken(f"it lacks {error}") from error


def _digest(file: str) -> str:
    try:
        return f"sha256:{hashlib.sha256(Path(file).read_bytes()).hexdigest()}"
    except OSError:  # uninstalled meanwhile: the next start will tell
        return "sha256:unknown"
