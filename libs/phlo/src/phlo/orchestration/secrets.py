"""The project's secrets, as functions get them by `context.secrets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_secrets(file: Path) -> dict[str, str]:
    """Return the names and values of a file of `NAME=value` lines; none if there is no file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, is_set, value = line.strip().partition("=")
        if is_set and name and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("'\"")
    return found
