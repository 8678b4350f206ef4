"""The services of a project as `phlo services list` shows them, kept until their sources change.

Composing takes ten times what reading a small file does, and nothing is asked as often as this.
Kept are the rows and the state of every file that they came from; no value of the environment is.
"""

from __future__ import annotations

import json
import os
import sys
import zlib

TYPE_CHECKING = False  # `typing` takes as long as the rest of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from phlo.model.options import Options
    from phlo.model.stack import Stack

    Row = dict[str, Any]

#: Raised when the rows change their form.
_FORM = 2
#: Variables that change from call to call and mean nothing to phlo.
_FLEETING = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES", "TERM", "WINDOWID"})


def services_listed(
    root: Path, options: Options, environ: Mapping[str, str], *, is_all: bool = False
) -> list[Row]:
    """Return a row for each service: where it runs, at which address, and why it is there.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        is_all: Also those that are installed and do not run.

    Raises:
        PhloError: The configuration cannot be used.
    """
    key = _key(root, options, environ)
    file = _file(key, environ)
    kept = _read(file, key)
    if kept is None:
        kept = _composed(root, options, environ)
        _write(file, {"key": key, **kept})
    rows: list[Row] = kept["rows"]
    return rows if is_all else [row for row in rows if row["runtime"]]


def _composed(root: Path, options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    from phlo.pipeline import look

    before = _states(_own_files(root, options))
    stack = look(root, options, environ)
    packages = [one.definition.package.file for one in stack.services.values()]
    packages += [one.package.file for one in stack.definitions.values()]
    # The own files were looked at before they were read: a change in between is a change.
    states = before | _states([file for file in packages if file] + sys.path)
    return {"rows": _rows(stack), "states": states}


def _rows(stack: Stack) -> list[Row]:
    from phlo.runtime.describe import with_parents_first

    rows: list[Row] = [
        {
            "service": one.name,
            "parent": one.parent.name if one.parent else None,
            "category": one.definition.category,
            "runtime": one.runtime,
            "address": [port.url for port in one.ports.values() if port.url],
            "version": one.definition.package.version,
            "why": one.reason,
        }
        for one in with_parents_first(stack)
    ]
    return rows + [
        {"service": name, "parent": None, "category": None, "runtime": None, "address": [],
         "version": None, "why": f"does not run: {why}"}
        for name, why in stack.skipped.items()
    ]  # fmt: skip


def _own_files(root: Path, options: Options) -> list[str]:
    names = ["phlo.yaml", "phlo.local.yaml", ".env", ".env.local", ".phlo/state/ports.json",
             ".phlo/state/bindings.json", ".phlo/state/dev.json",
             "/var/run/docker.sock"]  # fmt: skip
    if options.env:
        names.append(f"phlo.{options.env}.yaml")
    return [os.path.join(root, name) for name in names]  # noqa: PTH118 - pathlib takes longer


def _states(files: list[str]) -> dict[str, list[int] | None]:
    return {file: _state(file) for file in dict.fromkeys(files)}


def _state(file: str) -> list[int] | None:
    try:
        found = os.stat(file or ".")  # noqa: PTH116
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]


def _key(root: Path, options: Options, environ: Mapping[str, str]) -> list[object]:
    told = "\0".join(sorted(f"{k}={v}" for k, v in environ.items() if k not in _FLEETING))
    return [_FORM, str(root), repr(options), zlib.crc32(told.encode("utf-8", "replace")), sys.path,
            sys.executable]  # fmt: skip


def _file(key: list[object], environ: Mapping[str, str]) -> str:
    from phlo.user_cache import cache_folder

    name = f"{zlib.crc32(json.dumps(key).encode()):08x}.json"
    return os.path.join(cache_folder(environ), "listings", name)  # noqa: PTH118


def _read(file: str, key: list[object]) -> dict[str, Any] | None:
    """Return what was kept, if it is ours, whole, and all that it came from is as it was."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            about = os.fstat(opened.fileno())
            if about.st_uid != os.getuid() or about.st_mode & 0o022:
                return None
            value: dict[str, Any] = json.loads(opened.read(4_000_000))
        states = value["states"]
        if value["key"] != key or any(_state(name) != was for name, was in states.items()):
            return None
        return value if isinstance(value["rows"], list) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(file: str, value: Mapping[str, object]) -> None:
    from contextlib import suppress
    from pathlib import Path

    from phlo.plugins.cache import write_private

    with suppress(OSError, ValueError):  # what cannot be kept is composed again
        write_private(Path(file), json.dumps(value))
