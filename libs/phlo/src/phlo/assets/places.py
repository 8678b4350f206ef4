"""Where in the user's files something stands: for messages with a caret."""

from __future__ import annotations

import ast
import linecache
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

_PHLO = str(Path(__file__).parents[1])


def caller() -> Where:
    """Return the line outside of phlo that led here."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_PHLO) and frame.f_back is not None:
        frame = frame.f_back
    return line_of(frame.f_code.co_filename, frame.f_lineno)


def line_of(file: str, line: int) -> Where:
    """Return a line of a file, with its text."""
    source = linecache.getline(file, line).rstrip("\n")
    if not source.strip():
        return Where(file, line)
    begin = len(source) - len(source.lstrip()) + 1
    return Where(file, line, begin, line, len(source) + 1, source)


def function_place(function: Callable[..., Any]) -> Where:
    """Return the line of a function's `def`, below its decorators."""
    code = function.__code__
    line = code.co_firstlineno
    for number in range(line, line + 200):
        text = linecache.getline(code.co_filename, number)
        if not text:
            break
        if text.lstrip().startswith(("def ", "async def ", "class ")):
            return line_of(code.co_filename, number)
    return line_of(code.co_filename, line)


def keyword_of(call: Where, name: str) -> Where:
    """Return where a call passes an argument by this name; the call itself if that is not found."""
    if call.line is None:
        return call
    for node in ast.walk(_tree(call.file)):
        if not isinstance(node, ast.Call) or not node.lineno <= call.line <= (node.end_lineno or 0):
            continue
        for keyword in node.keywords:
            if keyword.arg == name:
                width = len(name)
                source = linecache.getline(call.file, keyword.lineno).rstrip("\n")
                # Columns of the syntax tree count bytes, those of a message characters.
                column = len(source.encode()[: keyword.col_offset].decode(errors="ignore")) + 1
                return Where(
                    call.file, keyword.lineno, column, keyword.lineno, column + width, source
                )
    return call


def user_frame(traceback: TracebackType | None, root: str) -> Where | None:
    """Return the innermost line of a traceback that is the project's own."""
    found = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_own(file, root):
            found = line_of(file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def is_own(file: str, root: str) -> bool:
    """Whether a file is the project's, and not of an environment inside its folder."""
    if not file.startswith(root.rstrip("/") + "/"):
        return False
    parts = Path(file[len(root) :]).parts
    return "site-packages" not in parts and not any(
        part.startswith(".") and part not in (".", "..") for part in parts
    )


def _tree(file: str) -> ast.AST:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ast.Module([], [])
