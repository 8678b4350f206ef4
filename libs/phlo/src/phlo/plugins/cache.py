"""Parsed service.yaml files, kept between commands: a warm start needs no YAML parser.

One small JSON file for each service.yaml, in the user's cache folder; always safe to delete. What
is kept is only the parsed text with its places: it is checked anew each time it is read.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from phlo.model.yaml_text import Span, YamlDocument
from phlo.user_cache import cache_folder

#: Raised when what is kept changes its form.
_FORM = 1


def recall(file: str, status: os.stat_result, label: str) -> YamlDocument | None:
    """Return the document that was kept for a file as it is now, if there is one."""
    try:
        with _entry(file).open("rb") as kept:
            about = os.fstat(kept.fileno())
            if about.st_uid != os.getuid() or about.st_mode & 0o022:
                return None  # not ours: somebody else could have written it
            value = json.loads(kept.read(16_000_000))
        if value["key"] != _key(file, status):
            return None
        return _document(value, label)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # not there, or not whole: the file itself is read instead


def keep(file: str, status: os.stat_result, document: YamlDocument) -> None:
    """Keep a parsed document; what cannot be written is not kept."""
    value = {
        "key": _key(file, status),
        "data": document.data,
        "spans": [[list(path), *_numbers(span)] for path, span in document.spans.items()],
        "texts": [[list(path), text] for path, text in document.texts.items()],
        "lines": document.lines,
    }
    with suppress(OSError, ValueError):
        text = json.dumps(value, separators=(",", ":"))
        write_private(_entry(file), text)


def write_private(target: Path, text: str) -> None:
    """Write a file that others see whole or not at all, and only its owner may read."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _entry(file: str) -> Path:
    package = Path(file).parent.name
    return Path(cache_folder()) / "services" / f"{package}-{zlib.crc32(file.encode()):08x}.json"


def _key(file: str, status: os.stat_result) -> list[Any]:
    return [_FORM, file, status.st_mtime_ns, status.st_size]


def _numbers(span: Span) -> list[int]:
    return [
        span.key_line, span.key_column, span.key_end,
        span.line, span.column, span.end_line, span.end_column,
    ]  # fmt: skip


def _document(value: dict[str, Any], label: str) -> YamlDocument:
    spans = {tuple(path): Span(*map(int, numbers)) for path, *numbers in value["spans"]}
    texts = {tuple(path): str(text) for path, text in value["texts"]}
    return YamlDocument(label, value["data"], spans, texts, tuple(map(str, value["lines"])))
