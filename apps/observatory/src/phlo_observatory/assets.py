"""The built interface: every file in memory, compressed when it was built."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).with_name("static")
#: Types that the machine's own table may lack or have wrong.
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, plain and as it was compressed."""

    content: bytes
    media_type: str
    encoded: Mapping[str, bytes]
    is_immutable: bool

    def best(self, accepted: str) -> tuple[bytes, str | None]:
        """Return the smallest form that a browser takes, and its encoding."""
        wanted = {part.split(";")[0].strip() for part in accepted.split(",")}
        for name, _ in _ENCODINGS:
            if name in wanted and name in self.encoded:
                return self.encoded[name], name
        return self.content, None


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Return every file of the interface by its address."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    suffixes = tuple(suffix for _, suffix in _ENCODINGS)
    return {
        "/" + file.relative_to(folder).as_posix(): _asset(file, folder)
        for file in files
        if not file.name.endswith(suffixes) and not file.name.startswith(".")
    }


def _asset(file: Path, folder: Path) -> Asset:
    encoded = {
        name: beside.read_bytes()
        for name, suffix in _ENCODINGS
        if (beside := file.with_name(file.name + suffix)).is_file()
    }
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    # What Vite puts into assets/ has a hash of its content in its name.
    is_immutable = file.relative_to(folder).parts[0] == "assets"
    return Asset(file.read_bytes(), kind or "application/octet-stream", encoded, is_immutable)
