"""What phlo keeps of a project between commands: small JSON files that say what form they have."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors.state import FolderUnwritable, StateBroken, StateTooNew
from phlo.runtime.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Content = dict[str, Any]
    Migration = Callable[[Content], Content]

FOLDER = ".phlo/state"


@dataclass(frozen=True, slots=True)
class StateFile:
    """One of the files, and how older forms of it become the present one."""

    name: str
    loses: str
    """What is lost when somebody moves the file aside."""
    migrations: tuple[Migration, ...] = ()
    """Number `i` brings the content of schema `i + 1` to schema `i + 2`."""

    @property
    def schema(self) -> int:
        """The schema that this phlo writes."""
        return len(self.migrations) + 1

    def path(self, root: Path) -> Path:
        """Return where the file is in a project."""
        return root / FOLDER / self.name

    def read(self, root: Path) -> Content:
        """Return the content in its present form; nothing where there is no file.

        Reading never writes: an older form is brought up to date in memory only.

        Raises:
            StateTooNew: A later phlo wrote it.
            StateBroken: It is not what phlo wrote.
        """
        found, schema = self._load(root)
        for migration in self.migrations[schema - 1 :]:
            found = migration(found)
        return found

    def write(self, root: Path, content: Mapping[str, Any]) -> bool:
        """Replace the content, and return whether it changed; an older form is kept beside it.

        Raises:
            StateTooNew: A later phlo wrote the file that is there.
            StateBroken: What is there is not what phlo wrote.
            FolderUnwritable: The disk is full, or the folder is read-only.
        """
        before, schema = self._load(root)
        path = self.path(root)
        if path.exists() and schema == self.schema and before == dict(content):
            return False
        make_folder(root)
        if schema < self.schema and path.exists():
            _copy_aside(path, schema)
        text = json.dumps(
            {"schema": self.schema, "written_by": _version(), **content}, indent=2, sort_keys=True
        )
        write_atomically(path, text + "\n", mode=0o600)
        return True

    def _load(self, root: Path) -> tuple[Content, int]:
        path = self.path(root)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, self.schema
        except (OSError, ValueError) as error:
            raise StateBroken(str(path), str(error), loses=self.loses) from error
        schema = value.pop("schema", None) if isinstance(value, dict) else None
        if not isinstance(schema, int) or schema < 1:
            raise StateBroken(str(path), "it does not say its schema", loses=self.loses)
        written_by = value.pop("written_by", None)
        if schema > self.schema:
            raise StateTooNew(str(path), schema, self.schema, written_by=written_by)
        return value, schema


#: The ports that phlo chose: `{"ports": {"trino.http": 18433}}`.
PORTS = StateFile("ports.json", "the ports that phlo chose; it chooses again")
#: What stateful roles were bound to: `{"bindings": {...}}`.
BINDINGS = StateFile("bindings.json", "what storage, catalog and database were bound to")
#: `{"id": ..., "root": ..., "compose_name": ...}`, made at the first start.
PROJECT = StateFile("project.json", "the project's id, and the notice that its folder was moved")
#: What was last started, what each starts after, and with which options:
#: `{"services": {name: {key: value}}, "needs": {name: [name, ...]}, "options": {...}}`.
STARTED = StateFile("started.json", "what was last started; `services plan` shows all as new")
#: Secrets that volumes were told anew since they were made: `{"secrets": {"volume/NAME": mark}}`.
FINGERPRINTS = StateFile("fingerprints.json", "which secrets were changed in the data of services")
#: The generated files and what was last written to them: `{"files": {path: [sha256, ...]}}`.
FILES = StateFile("files.json", "the notice that a generated file was edited by hand")


def make_folder(root: Path) -> Path:
    """Make the folder of the state, which only its owner may read, and return it.

    `.phlo` itself stays open to others: a service that runs as another user must be able to reach
    its home in it, and every file that holds a secret is closed by itself.

    Raises:
        FolderUnwritable: The disk is full, or the folder is read-only.
    """
    folder = root / FOLDER
    try:
        folder.parent.mkdir(exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        place = error.filename or folder
        raise FolderUnwritable(str(place), error.strerror or str(error)) from error
    return folder


def _copy_aside(path: Path, schema: int) -> None:
    copy = path.with_name(f"{path.name}.schema-{schema}")
    try:
        shutil.copy2(path, copy)
    except OSError as error:
        raise FolderUnwritable(str(copy), error.strerror or str(error)) from error


def _version() -> str:
    from importlib.metadata import version  # takes longer than all else here

    return version("phlo")
