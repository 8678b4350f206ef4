"""The project's lake: in its folder, or in the bucket and the catalog that it is bound to."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from phlo.errors.lake import CatalogWithoutBranches
from phlo.errors.state import SecretMissing
from phlo.lakehouse.lake import Lake
from phlo.runtime.state import BINDINGS, STARTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.lakehouse.catalogs import Catalog
    from phlo.lakehouse.storage import Storage
    from phlo.model.stack import Stack

#: The service that stands for the tables, and its roles.
SERVICE, WAREHOUSE, CATALOG = "lake", "warehouse", "catalog"

_CAPABILITIES = ("object-store.s3", "lake.catalog")


def open_lake(root: Path, environ: Mapping[str, str]) -> Lake:
    """Return the project's lake; nothing is started, and no server is asked.

    Args:
        root: The project's folder.
        environ: The process environment.

    Raises:
        PhloError: The project cannot be composed, or what it is bound to has no catalog.
    """
    folder = root / ".phlo" / "lake"
    if not _may_be_served(root):
        return Lake(folder)

    # Everything that composes; the embedded lake needs none of it.
    from phlo.pipeline import compose
    from phlo.runtime.started import as_placed

    stack = compose(root, as_placed(root), environ)
    try:
        given = _properties(root, stack)
    except SecretMissing:
        # Its provider was left out of every start (`--only`), so nothing was ever put there.
        if not STARTED.read(root).get("services"):
            raise
        return Lake(folder)
    storage = _storage(given)
    bound = {f"{SERVICE}.{role}": provider for role, (provider, _, _) in given.items()}
    return Lake(folder, storage, _catalog(given, storage), partial(_remember, root, bound))


def _remember(root: Path, bound: Mapping[str, str]) -> None:
    """Note where the first table goes, which may be before anything of the project was started."""
    kept = BINDINGS.read(root).get("bindings", {})
    BINDINGS.write(root, {"bindings": {**kept, **bound}})


def _may_be_served(root: Path) -> bool:
    """Tell whether there may be a server for tables: a package of one, or an external one."""
    from phlo.compose.capabilities import family
    from phlo.plugins.registry import load_services

    installed = load_services().definitions.values()
    if any(family(p.capability) in _CAPABILITIES for one in installed for p in one.provides):
        return True
    for file in root.glob("phlo*.yaml"):
        with suppress(OSError, UnicodeDecodeError):
            text = file.read_text(encoding="utf-8")
            if any(capability in text for capability in _CAPABILITIES):
                return True
    return False


def _properties(root: Path, stack: Stack) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return for each role that is bound: the provider, its distribution, what it tells."""
    from phlo.runtime import secrets

    lake = stack.services.get(SERVICE)
    values = dict(secrets.read(root).values)
    values |= {need.name: need.given for need in stack.secrets if need.given is not None}
    return {
        one.role: (
            one.provider,
            stack.services[one.provider].definition.package.distribution,
            {
                name: secrets.put_in(text, values, one.provider)
                for name, text in one.properties.items()
            },
        )
        for one in (lake.bindings if lake else ())
    }


def _storage(given: Mapping[str, tuple[str, str, dict[str, str]]]) -> Storage | None:
    if WAREHOUSE not in given:
        return None
    from phlo.lakehouse.bucket import S3, Bucket

    provider, _, properties = given[WAREHOUSE]
    return Bucket(S3.of(properties, provider))


def _catalog(
    given: Mapping[str, tuple[str, str, dict[str, str]]], storage: Storage | None
) -> Catalog | None:
    if CATALOG not in given:
        return None
    from phlo.plugins.registry import load_plugin

    provider, distribution, properties = given[CATALOG]
    name = distribution.removeprefix("phlo-")
    plugin = load_plugin(name, needs=f"the tables in '{provider}'")
    catalog: Catalog | None = plugin.catalog(properties, storage)
    if catalog is None:
        raise CatalogWithoutBranches(provider)
    return catalog
