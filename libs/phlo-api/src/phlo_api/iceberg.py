"""Which catalog answers at `/iceberg`: the lake's own, or the one the lake is kept in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.lakehouse.catalogs import EmbeddedCatalog
from phlo.lakehouse.rest.forward import ForwardedCatalog
from phlo.lakehouse.rest.place import Terms, keys_of
from phlo.lakehouse.rest.service import RestCatalog

if TYPE_CHECKING:
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.service import AnyCatalog
    from phlo_api.settings import Settings


def open_catalog(lake: Lake, settings: Settings) -> AnyCatalog:
    """Return the catalog that requests of engines are answered by; nothing is asked yet."""
    if settings.catalog_url and not isinstance(lake.catalog, EmbeddedCatalog):
        return ForwardedCatalog(settings.catalog_url, settings.catalog_warehouse)
    terms = Terms(
        properties=settings.catalog_properties,
        storage_properties=lambda _consumer: keys_of(lake.storage),
    )
    return RestCatalog(lake, terms=terms, also=settings.catalog_locations)
