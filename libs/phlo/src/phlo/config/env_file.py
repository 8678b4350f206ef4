"""Read `.env` and `.env.local` in the dialect of Compose, with the place of each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from phlo.compose.interpolate import expand
from phlo.errors import PhloError, Where, raise_all
from phlo.errors.config import UnreadableFile
from phlo.errors.values import BadEnvLine
from phlo.model.options import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: In the order in which they are read: the later wins.
ENV_FILES = (".env", ".env.local")
MOST_BYTES = 1_000_000

_NAME = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*(?P<sign>[=:])?[ \t]*"
)
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_variables(root: Path, environ: Mapping[str, str]) -> dict[str, Variable]:
    """Return what can be referred to as `${NAME}`: the environment over `.env.local` over `.env`.

    Raises:
        UnreadableFile: A file cannot be read, or is not UTF-8 (PHLO-C102).
        BadEnvLine: A line sets no variable (PHLO-C131).
    """
    errors: list[PhloError] = []
    outside = {name: Variable(name, value) for name, value in environ.items()}
    variables: dict[str, Variable] = {}
    for name in ENV_FILES:
        raw = _read(root / name, name)
        if raw is not None:
            variables |= parse_env(raw, name, variables | outside, errors)
    raise_all(errors)
    return variables | outside


def parse_env(
    raw: str, file: str, known: Mapping[str, Variable], errors: list[PhloError]
) -> dict[str, Variable]:
    """Return the variables of a file's text; what is wrong is added to `errors`.

    Args:
        raw: The text.
        file: Its name in errors.
        known: What its values may refer to besides each other; wins over them.
        errors: Where faults go.
    """
    found: dict[str, Variable] = {}
    for name, value, where, is_literal in _assignments(raw, file, errors):
        try:
            text = value if is_literal else expand(value, {**found, **known}, where, name)
        except PhloError as error:
            errors.append(error)
            continue
        found[name] = Variable(name, text, where)
    return found


def _read(path: Path, name: str) -> str | None:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        fix = f"make it readable, or remove it: rm {name}"
        raise UnreadableFile(Where(name), error.strerror or str(error), fix=fix) from error
    if len(raw) > MOST_BYTES:
        raise UnreadableFile(Where(name), "it is larger than 1 MB", fix="keep only variables in it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            Where(name, line), f"byte {raw[error.start]:#04x} is not UTF-8", fix="save it as UTF-8"
        ) from None


def _assignments(
    raw: str, file: str, errors: list[PhloError]
) -> Iterator[tuple[str, str, Where, bool]]:
    """Yield name, value, place, and whether the value is taken as it is."""
    text = raw.replace("\r\n", "\n")
    lines = text.split("\n")
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        line = text[position:end]
        if not line.strip() or line.lstrip().startswith("#"):
            position = end + 1
            continue
        number = text.count("\n", 0, position) + 1
        match = _NAME.match(text, position, end)
        if match is None or not (match["sign"] or match.end() == end):
            where = Where(file, number, 1, source=lines[number - 1])
            errors.append(BadEnvLine("it is not NAME=value", where=where))
            position = end + 1
            continue
        column = match.end() - position + 1
        where = Where(file, number, column, number, end - position + 1, lines[number - 1])
        value, is_literal, position, problem = _value(text, match.end(), end)
        if problem:
            errors.append(BadEnvLine(problem, where=where))
        elif match[
            "sign"
        ]:  # a bare name takes its value from the environment, which has it already
            yield match["name"], value, where, is_literal


def _value(text: str, start: int, end: int) -> tuple[str, bool, int, str | None]:
    """Return the value, whether it is literal, where the next line begins, and what is wrong."""
    quote = text[start : start + 1]
    if quote not in ("'", '"'):
        plain = re.split(r"(?:^|[ \t])#", text[start:end], maxsplit=1)[0]
        return plain.strip(), False, end + 1, None
    match = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    if match is None:
        return "", True, end + 1, f"the quote {quote} is not closed"
    end = _line_end(text, match.end())
    rest = text[match.end() : end].strip()
    problem = None if not rest or rest.startswith("#") else f"{rest!r} follows the quoted value"
    if quote == "'":
        return match[1], True, end + 1, problem
    return _ESCAPE.sub(_unescaped, match[1]), False, end + 1, problem


def _unescaped(match: re.Match[str]) -> str:
    # `\$` is a plain dollar, which the variables that are put in next write as `$$`.
    return "$$" if match[1] == "$" else _ESCAPES.get(match[1], match[1])


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end
