"""The project's secrets: made once, kept in one private file, never made again."""

from __future__ import annotations

import hashlib
import re
import secrets
import stat
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo.errors import Where
from phlo.errors.state import SecretMissing, SecretsUnreadable
from phlo.orchestration.secrets import read_secrets
from phlo.runtime.atomic import write_atomically
from phlo.runtime.lock import project_lock
from phlo.runtime.state import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from phlo.model.stack import SecretNeed

FILE = ".phlo/state/secrets.env"
_REFERENCE = re.compile(r"\$\{PHLO_SECRET_([A-Za-z0-9_]+)\}")
_HEAD = "# The secrets of this project's services. Not for version control.\n"
#: No character that a URL, a shell or a configuration file would take for something else.
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets by name, and what happened on the way to them."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    made: tuple[str, ...] = ()
    """These were made just now."""
    notes: tuple[str, ...] = ()
    """What a person should know, such as permissions that were too open."""


def ensure_secrets(root: Path, needs: Iterable[SecretNeed]) -> Secrets:
    """Return the project's secrets, after making those that are needed and not there yet.

    A secret that is there is never changed, and one that somebody gives is not kept: it stays where
    that person keeps it.

    Args:
        root: The project's folder.
        needs: What the services need.

    Raises:
        SecretsUnreadable: The file is there and cannot be read; nothing is made in its place.
        FolderUnwritable: The disk is full, or the folder is read-only.
        ProjectLocked: Another command holds the project, and there are secrets to be made.
    """
    needs = list(needs)
    given = {need.name: need.given for need in needs if need.given is not None}
    lengths = {n.name: n.length for n in needs if n.length is not None and n.name not in given}
    values, notes = _read(root)
    made: tuple[str, ...] = ()
    if lengths.keys() - values.keys():
        with project_lock(root, "making secrets"):
            values, more = _read(root)  # another command may have been first
            fresh = {n: _make(size) for n, size in lengths.items() if n not in values}
            _add(root, fresh)
            made, values, notes = tuple(sorted(fresh)), values | fresh, [*notes, *more]
    return Secrets({**values, **given}, made, tuple(notes))


def replace_one(root: Path, name: str, length: int) -> None:
    """Make a new value for a secret that is kept; all other lines stay as they are.

    Args:
        root: The project's folder.
        name: The secret.
        length: The number of its characters.

    Raises:
        FolderUnwritable: The disk is full, or the folder is read-only.
        ProjectLocked: Another command holds the project.
    """
    put_back(root, name, _make(length))


def put_back(root: Path, name: str, value: str) -> None:
    """Give a secret that is kept a value; all other lines stay as they are.

    Raises:
        FolderUnwritable: The disk is full, or the folder is read-only.
        ProjectLocked: Another command holds the project.
    """
    with project_lock(root, "changing a secret"):
        _read(root)  # refuses what cannot be read
        file = make_folder(root) / "secrets.env"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else [_HEAD.strip()]
        kept = [line for line in lines if line.partition("=")[0].strip() != name]
        write_atomically(file, "\n".join([*kept, f"{name}={value}"]) + "\n", mode=0o600)


def fingerprint(value: str) -> str:
    """Return what tells two values apart without telling either of them."""
    return hashlib.sha256(b"phlo secret\0" + value.encode()).hexdigest()[:12]


def put_in(
    text: str, secrets: Mapping[str, str], service: str, used: dict[str, str] | None = None
) -> str:
    """Return a text with its `${PHLO_SECRET_NAME}` filled.

    Args:
        text: As it was rendered.
        secrets: The project's secrets by name.
        service: Whose text it is, for the error.
        used: Gets the secrets that were put in.

    Raises:
        SecretMissing: It refers to a secret that is not among them.
    """

    def secret(found: re.Match[str]) -> str:
        name = found[1]
        if name not in secrets:
            raise SecretMissing(name, service)
        if used is not None:
            used[name] = secrets[name]
        return secrets[name]

    return _REFERENCE.sub(secret, text)


def read(root: Path) -> Secrets:
    """Return the secrets that are there; none where there is no file.

    Raises:
        SecretsUnreadable: The file is there and cannot be read.
    """
    values, notes = _read(root)
    return Secrets(values, (), tuple(notes))


def _read(root: Path) -> tuple[dict[str, str], list[str]]:
    file = root / FILE
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        file.read_text(encoding="utf-8")  # read_secrets takes what it cannot read for no secrets
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        raise SecretsUnreadable(str(file), error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise SecretsUnreadable(str(file), "it is not UTF-8", where=Where(FILE, line)) from error
    return read_secrets(file), _tighten(file, mode)


def _tighten(file: Path, mode: int) -> list[str]:
    if not mode & 0o077:
        return []
    try:
        file.chmod(0o600)
    except OSError as error:
        problem = f"others can read it ({mode:04o}), and it cannot be closed: {error.strerror}"
        raise SecretsUnreadable(str(file), problem) from error
    return [f"'{FILE}' was open to others ({mode:04o}) and is closed now (0600)"]


def _make(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _add(root: Path, fresh: Mapping[str, str]) -> None:
    """Write the file anew with lines added; what a person wrote in it stays."""
    file = make_folder(root) / "secrets.env"
    before = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    lines: Sequence[str] = [f"{name}={fresh[name]}\n" for name in sorted(fresh)]
    gap = "" if not before or before.endswith("\n") else "\n"
    write_atomically(file, before + gap + "".join(lines), mode=0o600)
