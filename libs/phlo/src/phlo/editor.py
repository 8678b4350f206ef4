"""What editors are told: the JSON Schema beside the project, of the packages that are installed."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

from phlo.config.schema import project_schema
from phlo.plugins.registry import load_services
from phlo.runtime.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

#: Where phlo.yaml's first line tells editors to look.
SCHEMA = ".phlo/schema.json"


def schema_text() -> str:
    """Return the schema of a phlo.yaml with the services that are installed now."""
    importlib.invalidate_caches()  # a package may have come a moment ago
    schema = project_schema(load_services().definitions)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write_schema(root: Path) -> bool:
    """Write the schema into a project, and return whether it changed.

    Raises:
        FolderUnwritable: It cannot be written.
    """
    file, text = root / SCHEMA, schema_text()
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, text)
    return True


def refresh_schema(root: Path | None) -> None:
    """Write the schema anew where a project has one; editors do without where that fails."""
    from contextlib import suppress

    from phlo.errors import PhloError

    with suppress(PhloError, OSError):
        if root and (root / SCHEMA).is_file():
            write_schema(root)
