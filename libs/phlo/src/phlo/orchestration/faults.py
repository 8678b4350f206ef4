"""Faults of workflow files: listing tolerates them, running what they concern does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from phlo.errors import raise_all
from phlo.errors.loading import NothingDeclared
from phlo.orchestration.diagnostics import error_from_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Any

    from phlo.errors.selection import NoSuchAsset
    from phlo.orchestration.manifest import Manifest


def refuse_broken(
    manifest: Manifest,
    root: Path,
    folder: str,
    selection: str,
    keys: Collection[str] | None = None,
) -> None:
    """Raise the faults that concern assets which are to run; everything means all faults.

    Args:
        manifest: The project's assets and faults.
        root: The project's folder.
        folder: Where its workflow files are.
        selection: What was asked for.
        keys: What that is; None while it is not known.

    Raises:
        PhloError: The faults.
        NothingDeclared: There is neither an asset nor a fault.
    """
    everything = selection.strip() == "*"
    if not manifest.assets and not manifest.errors:
        raise NothingDeclared(folder)
    if everything or not manifest.assets:
        raise_all([error_from_json(error, root) for error in manifest.errors])
    if keys is None:
        return
    files = {
        file
        for asset in manifest.assets
        if asset.key in keys
        for file in (asset.origin, asset.file, *(c.file for c in asset.checks))
    }
    raise_all([error_from_json(e, root) for e in manifest.errors if _places(e) & files])


def refuse_unknown(error: NoSuchAsset, manifest: Manifest, root: Path) -> NoReturn:
    """Raise that a selection matches nothing, with all faults: it may be in a file that is broken.

    Raises:
        PhloError: That, and the faults.
    """
    faults = [error_from_json(fault, root) for fault in manifest.errors]
    raise_all([error, *faults])
    raise error


def _places(error: Mapping[str, Any]) -> set[str]:
    return {error["file"], *(related["file"] for related in error["related"])}
