"""The project's secrets, as functions get them by `context.secrets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
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


def redacted(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text without the values of secrets; very short ones are no secrets."""
    for value in sorted(secrets.values(), key=len, reverse=True):
        if len(value) >= 6:
            text = text.replace(value, "***")
    return text
