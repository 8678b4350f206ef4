"""What the package index has for an image that is gone: a newer package, or another service."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from phlo.config.project_file import index_of, read_documents
from phlo.errors.network import ImageMissing
from phlo.plugins.registry import load_services
from phlo.plugins.sources import kept_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phlo.model.options import Options
    from phlo.model.service import ServiceDefinition
    from phlo.plugins.index import Entry, Index

_MOST = 2


@contextmanager
def remedies(root: Path, options: Options) -> Iterator[None]:
    """Add to the error of an image that cannot be had what the index has instead."""
    try:
        yield
    except ImageMissing as error:
        definition = load_services().definitions.get(error.service)
        if definition is not None and error.is_of_package:
            index = kept_index(index_of(root, read_documents(root, options.env)))
            error.offer(
                upgrade=_upgrade(definition, index, error.image),
                others=_others(definition, index),
            )
        raise


def _upgrade(definition: ServiceDefinition, index: Index, image: str) -> tuple[str, str] | None:
    """Return a newer version of the package that uses another image, and that image."""
    found = index.distribution(definition.package.distribution)
    if found is None:
        return None
    entry, others = found[0], [one for one in found[0].images if one != image]
    if not others or not _is_newer(entry, definition):
        return None
    return entry.version, others[0]


def _is_newer(entry: Entry, definition: ServiceDefinition) -> bool:
    try:
        return Version(entry.version) > Version(definition.package.version)
    except InvalidVersion:
        return False


def _others(definition: ServiceDefinition, index: Index) -> list[str]:
    wanted = {one.capability for one in definition.provides}
    return [
        entry.services[0] for entry, _ in index
        if entry.services and wanted & set(entry.capabilities)
        and entry.distribution != definition.package.distribution
    ][:_MOST]  # fmt: skip
