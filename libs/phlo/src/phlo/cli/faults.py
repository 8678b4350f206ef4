"""The faults of workflow files, shown beside what still works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.cli import output

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.orchestration.manifest import Manifest


def show_faults(
    manifest: Manifest, root: Path, *, as_json: bool = False, severity: str = "error"
) -> bool:
    """Print each fault of a manifest on stderr; returns whether there is any."""
    from phlo.errors import ErrorGroup
    from phlo.orchestration.diagnostics import error_from_json

    errors = [error_from_json(error, root) for error in manifest.errors]
    if errors:
        output.show_error(ErrorGroup(errors), as_json=as_json, severity=severity)
    return bool(errors)
