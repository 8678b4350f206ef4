"""Put right what phlo can put right by itself: the edits that errors carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.config.edit import applied
from phlo.drafts import compose_draft, project_files, write_whole
from phlo.errors import PhloError
from phlo.runtime.lock import project_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from phlo.errors import Edit
    from phlo.model.options import Options

#: One fix may lay open another; this many times the files are read again.
_MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Made:
    """An edit, and what stood there before."""

    code: str
    edit: Edit
    before: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"code": self.code, "before": self.before, **self.edit.as_json()}


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was put right, and what is left."""

    made: tuple[Made, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict)
    left: PhloError | None = None
    """What phlo cannot put right by itself."""


def fix(
    root: Path,
    options: Options,
    *,
    is_dry: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> Fixed:
    """Make the edits that the errors of a project carry, one round after another.

    Args:
        root: The project's folder.
        options: The options of the command.
        is_dry: Write nothing.
        on_wait: Told for whom this waits.

    Raises:
        PhloError: The files cannot be read or written.
    """
    if is_dry:
        return _fixed(root, options)
    with project_lock(root, "fixing the configuration", on_wait=on_wait):
        found = _fixed(root, options)
        write_whole(found.files)
        return found


def _fixed(root: Path, options: Options) -> Fixed:
    before = project_files(root)
    texts, made = dict(before), list[Made]()
    left: PhloError | None = None
    for _ in range(_MOST_ROUNDS):
        left = _fault(root, texts, options)
        new = _edits(left, {file.name: texts[file] for file in texts}) if left else ()
        if not new:
            break
        made += new
        for file in texts:
            own = [one.edit for one in new if one.edit.file == file.name]
            texts[file] = applied(texts[file], own)
    changed = {file: text for file, text in texts.items() if text != before[file]}
    return Fixed(tuple(made), changed, left)


def _fault(root: Path, texts: Mapping[Path, str], options: Options) -> PhloError | None:
    try:
        compose_draft(root, texts, options)
    except PhloError as error:
        return error
    return None


def _edits(error: PhloError, texts: Mapping[str, str]) -> list[Made]:
    """Return the edits of an error's diagnostics, each range once."""
    found: dict[tuple[str, int, int], Made] = {}
    for one in error.diagnostics():
        edit = one.fix.edit
        if edit and edit.file in texts:
            line = texts[edit.file].split("\n")[edit.line - 1]
            end = edit.end_column - 1 if edit.end_line == edit.line else len(line)
            said = Made(one.code, edit, line[edit.column - 1 : end])
            found.setdefault((edit.file, edit.line, edit.column), said)
    return list(found.values())
