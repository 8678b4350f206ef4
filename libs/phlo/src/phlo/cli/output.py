"""The only module that prints: data to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from rich.console import Console

    from phlo.errors import PhloError, Where

MOST_ERRORS = 20


def console(*, stderr: bool = False) -> Console:
    """Return a rich console that respects `NO_COLOR`, `--no-color` and pipes."""
    from rich.console import Console

    from phlo.cli.options import current

    stream = sys.stderr if stderr else sys.stdout
    # Nothing is folded for a file or a program; a person's screen has its width.
    width = None if stream.isatty() or "COLUMNS" in os.environ else 100_000
    return Console(
        stderr=stderr, no_color=current.no_color or None, highlight=False, soft_wrap=True,
        width=width,
    )  # fmt: skip


def data(text: str) -> None:
    """Print what the command was asked for."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def show_json(schema: str, payload: Mapping[str, Any]) -> None:
    """Print one JSON object with its schema name, such as `phlo.status/1`."""
    data(json.dumps({"schema": schema, **payload}, default=str, ensure_ascii=False))


def note(text: str) -> None:
    """Print a line for a person, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = ()
) -> None:
    """Print rows without boxes; columns in `right` are aligned right (numbers).

    A person's screen gets colour and its width; a file or a program gets plain aligned lines.
    """
    if sys.stdout.isatty():
        _rich_table(columns, rows, frozenset(right))
        return
    numeric = [name in frozenset(right) for name in columns]
    cells = [[str(cell) if cell is not None else "" for cell in row] for row in (columns, *rows)]
    lines = [[cell.replace("\n", " ") for cell in row] for row in cells]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        parts = [
            " " * (width - _width(cell)) + cell if is_right else cell + " " * (width - _width(cell))
            for cell, width, is_right in zip(line, widths, numeric, strict=True)
        ]
        data("  ".join(parts).rstrip())


def _width(text: str) -> int:
    """Return how many columns a text takes: ideographs take two."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _rich_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Container[str]
) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        grid.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(
            *(c if isinstance(c, Text) else Text("" if c is None else str(c)) for c in row)
        )
    console().print(grid)


def show_error(error: PhloError, *, as_json: bool = False, severity: str = "error") -> None:
    """Print an error, or each one of a group, on stderr."""
    diagnostics = error.diagnostics()
    for one in diagnostics[:MOST_ERRORS]:
        if as_json:
            note(json.dumps(one.as_json(severity), default=str, ensure_ascii=False))
        else:
            note(describe_error(one, severity))
            if os.environ.get("GITHUB_ACTIONS") == "true":
                note(_annotation(one, severity))
    if len(diagnostics) > MOST_ERRORS and not as_json:
        note(f"and {len(diagnostics) - MOST_ERRORS} more errors")


def describe_error(error: PhloError, severity: str = "error") -> str:
    """Return the error as text: what, where with a caret, why, fix, more."""
    lines = [f"{_colour(severity, severity)}[{error.code}]: {error.message}"]
    if error.where:
        lines += _excerpt(error.where)
    lines += [
        f"  also: {r.message}" + (f"  --> {r.where}" if r.where else "") for r in error.related
    ]
    if error.why:
        lines.append(f"   = why: {_indented(error.why)}")
    edit = error.fix.edit
    apply = "        (apply: phlo config fix)" if edit and edit.file.endswith(".yaml") else ""
    lines.append(f"   = fix: {_indented(error.fix.text)}{apply}")
    if error.fix.command and error.fix.command not in error.fix.text:
        lines.append(f"          apply: {error.fix.command}")
    lines.append(f"   = more: phlo help {error.code}")
    return "\n".join(lines)


def _excerpt(where: Where) -> list[str]:
    lines = [f"  --> {where}"]
    if where.source is None or where.line is None:
        return lines
    gutter = " " * len(str(where.line))
    lines += [f" {gutter} |", f" {where.line} | {where.source}"]
    if where.column is not None:
        end = where.end_column if where.end_line in (None, where.line) else None
        width = max(1, min((end or where.column + 1) - where.column, len(where.source) + 1))
        lines.append(
            f" {gutter} | {' ' * (where.column - 1)}{'^' * width} {where.label or ''}".rstrip()
        )
    return lines


def _indented(text: str) -> str:
    return text.replace("\n", "\n          ")


def _annotation(error: PhloError, severity: str) -> str:
    def escaped(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    place = ""
    if error.where and error.where.line:
        place = f" file={error.where.file},line={error.where.line},col={error.where.column or 1}"
    return (
        f"::{severity}{place}::{escaped(f'{error.code}: {error.message}. fix: {error.fix.text}')}"
    )


_COLOURS = {"error": "31;1", "warning": "33;1", "note": "36;1"}


def _colour(text: str, severity: str) -> str:
    from phlo.cli.options import current

    if current.no_color or "NO_COLOR" in os.environ or not sys.stderr.isatty():
        return text
    return f"\x1b[{_COLOURS.get(severity, '0')}m{text}\x1b[0m"
