"""The functions of assets and checks: from workflow files, read when the first one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.assets.finder import prepare
from phlo.errors import raise_all
from phlo.errors.selection import NoSuchAsset
from phlo.orchestration.load import LoadedAsset, LoadedFile, Workflows, load_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from phlo.assets.registry import QualityDeclaration
    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.manifest import Manifest


class WorkflowCode:
    """Imports workflow files into this process, each once, and only those that are needed."""

    def __init__(self, workflows: Workflows, manifest: Manifest) -> None:
        self._workflows, self._manifest = workflows, manifest
        self._files: dict[str, LoadedFile] = {}
        self._is_prepared = False

    def asset(self, spec: AssetSpec) -> LoadedAsset:
        """Return an asset with its function.

        Raises:
            PhloError: Its file is broken, or does not declare it any more.
        """
        for asset in self._load(spec.origin).assets:
            if asset.spec.key == spec.key:
                return asset
        raise NoSuchAsset(spec.key, kind=f"asset in '{spec.origin}'", known=())

    def check(self, table: str, name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return a check's function and its arguments."""
        for quality in self._qualities(table):
            if quality.function is not None and quality.specs[0].name == name:
                return quality.function, quality.arguments
        raise NoSuchAsset(name, kind=f"check of '{table}'", known=())

    def _qualities(self, table: str) -> Iterable[QualityDeclaration]:
        origins = [one["origin"] for one in self._manifest.checks if one["table"] == table]
        for origin in dict.fromkeys(origins):
            yield from (q for q in self._load(origin).qualities if q.table == table)

    def _load(self, origin: str) -> LoadedFile:
        if not self._is_prepared:
            prepare(self._workflows.root, self._workflows.path)
            self._is_prepared = True
        if origin not in self._files:
            self._files[origin] = load_file(self._workflows, origin)
        raise_all(self._files[origin].errors)
        return self._files[origin]
