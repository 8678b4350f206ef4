"""The dependencies in a project's pyproject.toml, changed so that all else stays as it was."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from phlo.errors.config import CannotEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "pyproject.toml"

_TEXT = r'"[^"\n]*"|\'[^\'\n]*\''
_ENTRY = re.compile(rf"({_TEXT})")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def has_project(text: str) -> bool:
    """Tell whether a pyproject.toml describes a project that has dependencies."""
    try:
        return isinstance(tomllib.loads(text).get("project"), dict)
    except tomllib.TOMLDecodeError:
        return False


def with_requirement(text: str, name: str, requirement: str) -> str:
    """Return a pyproject.toml that asks for a distribution, in place of what it asked of it.

    Raises:
        CannotEdit: Its dependencies are not written as a list of texts (PHLO-C151).
    """
    wanted = [r for r in _requirements(text) if _named(r) != name]
    at = next((i for i, r in enumerate(_requirements(text)) if _named(r) == name), len(wanted))
    wanted.insert(at, requirement)
    if requirement in _requirements(text):
        return text
    start, end = _list(text)
    inside = text[start:end]
    if at < len(_requirements(text)):
        changed = _replace_entry(inside, at, f'"{requirement}"')
    else:
        changed = _append(inside, f'"{requirement}"')
    return _checked(text[:start] + changed + text[end:], wanted)


def without_requirement(text: str, name: str) -> str:
    """Return a pyproject.toml that does not ask for a distribution.

    Raises:
        CannotEdit: Its dependencies are not written as a list of texts (PHLO-C151).
    """
    have = _requirements(text)
    at = next((i for i, r in enumerate(have) if _named(r) == name), None)
    if at is None:
        return text
    start, end = _list(text)
    changed = _drop_entry(text[start:end], at)
    return _checked(text[:start] + changed + text[end:], have[:at] + have[at + 1 :])


def _requirements(text: str) -> list[str]:
    return list(tomllib.loads(text)["project"].get("dependencies", []))


def _named(requirement: str) -> str:
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _list(text: str) -> tuple[int, int]:
    """Return where the text between the brackets of `dependencies` begins and ends."""
    table = re.search(r"^\[project\][^\n]*\n", text, re.MULTILINE)
    if table is None:
        raise CannotEdit(FILE, "project.dependencies", "its table is not written as [project]")
    rest = re.search(r"^\s*\[(?!\s*[\"'])[A-Za-z]", text[table.end() :], re.MULTILINE)
    end_of_table = table.end() + rest.start() if rest else len(text)
    found = re.compile(r"^dependencies\s*=\s*\[", re.MULTILINE).search(
        text, table.end(), end_of_table
    )
    if found is None:
        raise CannotEdit(FILE, "project.dependencies", "there is no list of dependencies")
    # No bracket of a text or a comment counts.
    quiet = re.sub(rf"{_TEXT}|#[^\n]*", lambda m: "x" * len(m[0]), text)
    return found.end(), quiet.index("]", found.end())


def _replace_entry(inside: str, at: int, entry: str) -> str:
    found = _entries(inside)[at]
    return inside[: found[0]] + entry + inside[found[1] :]


def _entries(inside: str) -> Sequence[tuple[int, int]]:
    """Return where each entry stands; what a comment quotes is none."""
    quiet = re.sub(rf"({_TEXT})|#[^\n]*", lambda m: m[1] or " " * len(m[0]), inside)
    return [found.span() for found in _ENTRY.finditer(quiet)]


def _append(inside: str, entry: str) -> str:
    entries = _entries(inside)
    if not entries:
        return f"{entry}{inside.strip()}" if "\n" not in inside else f"\n    {entry},{inside}"
    last = entries[-1][1]
    line = inside[: entries[-1][0]].rpartition("\n")[2]
    if "\n" not in inside:
        return f"{inside[:last]}, {entry}{inside[last:]}"
    comma = "" if inside[last:].lstrip().startswith(",") else ","
    rest = inside[last + (1 if not comma else 0) :]
    note, _, after = rest.partition("\n")  # a comment stays beside its own entry
    return f"{inside[:last]},{note}\n{line}{entry},\n{after}"


def _drop_entry(inside: str, at: int) -> str:
    start, end = _entries(inside)[at]
    begin = inside.rfind("\n", 0, start) + 1
    stop = inside.find("\n", end)
    alone = not inside[begin:start].strip() and stop >= 0
    if alone and not _ENTRY.search(inside[end:stop].partition("#")[0]):
        return inside[:begin] + inside[stop + 1 :]
    after = re.compile(r"\s*,\s*").match(inside, end)
    if after:
        return inside[:start] + inside[after.end() :]
    before = inside[:start].rstrip().removesuffix(",")
    return before + inside[end:]


def _checked(text: str, wanted: list[str]) -> str:
    try:
        found = _requirements(text)
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise CannotEdit(FILE, "project.dependencies", str(error)) from error
    if found != wanted:
        raise CannotEdit(FILE, "project.dependencies", "something else would change with it")
    return text
