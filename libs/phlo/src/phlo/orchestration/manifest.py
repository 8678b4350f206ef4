"""The manifest: a project's assets, checks and schedules as data, in `.phlo/manifest.json`."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.assets.spec import AssetSpec
from phlo.errors.loading import ManifestTooNew
from phlo.errors.runs import StateUnwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILE", "SCHEMA", "AssetSpec", "Manifest"]

FILE = ".phlo/manifest.json"
SCHEMA = "phlo.manifest/1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `workflows/` declares, as it was read last."""

    assets: tuple[AssetSpec, ...]
    """In the order in which they can run."""
    errors: tuple[Mapping[str, Any], ...] = ()
    """Faults of workflow files (`phlo.diagnostic/1`); the last good assets of those files stay."""
    hash: str = ""
    """Changes when an asset does; orchestrators compare it with what they have loaded."""
    written_at: str = ""
    fingerprint: str = ""
    """Which files it was made of: the same means that reading them again would change nothing."""
    project: str = ""
    python: str = ""
    """The interpreter that runs the steps."""
    stale_files: tuple[str, ...] = ()
    """Broken files whose assets are those of an earlier reading."""
    checks: tuple[Mapping[str, Any], ...] = ()
    """Checks declared apart from assets, by file; they are in the assets' checks, too."""

    def asset(self, key: str) -> AssetSpec | None:
        """Return one asset by its table's name, or None."""
        bare = key.removeprefix("lake.")
        return next((asset for asset in self.assets if asset.key == bare), None)

    def downstream(self, key: str) -> tuple[str, ...]:
        """Return the assets that read a table directly."""
        return tuple(asset.key for asset in self.assets if key in asset.deps)

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return {
            "schema": SCHEMA,
            "project": self.project,
            "python": self.python,
            "hash": self.hash,
            "written_at": self.written_at,
            "fingerprint": self.fingerprint,
            "assets": [asset.as_json() for asset in self.assets],
            "errors": [dict(error) for error in self.errors],
            "stale_files": list(self.stale_files),
            "checks": [dict(one) for one in self.checks],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """Return the manifest that `as_json` wrote."""
        return cls(
            assets=tuple(AssetSpec.from_json(asset) for asset in value["assets"]),
            errors=tuple(value.get("errors", ())),
            hash=value.get("hash", ""),
            written_at=value.get("written_at", ""),
            fingerprint=value.get("fingerprint", ""),
            project=value.get("project", ""),
            python=value.get("python", ""),
            stale_files=tuple(value.get("stale_files", ())),
            checks=tuple(value.get("checks", ())),
        )

    @classmethod
    def read(cls, root: Path) -> Manifest | None:
        """Return the manifest as it was last written, or None when it never was or is not whole.

        Raises:
            ManifestTooNew: A later phlo wrote it.
        """
        file = root / FILE
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
            found = value["schema"]
            if found == SCHEMA:
                return cls.from_json(value)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # it is made anew from the files, so a broken one is as good as none
        raise ManifestTooNew(str(file), str(found), SCHEMA)

    def write(self, root: Path) -> None:
        """Write it so that a reader sees the old one or the new one, whole.

        Raises:
            StateUnwritable: The disk is full, or the folder is read-only.
        """
        file = root / FILE
        text = json.dumps(self.as_json(), ensure_ascii=False, indent=1)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _replace(file, text)
        except OSError as error:
            raise StateUnwritable(str(file), error.strerror or str(error)) from error


def _replace(file: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".manifest-", suffix=".json")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            new.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
