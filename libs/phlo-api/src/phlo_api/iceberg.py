"""The catalog that answers at `/iceberg`, and on what terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.lakehouse.rest.place import Terms, keys_of
from phlo.lakehouse.rest.service import catalog_of

if TYPE_CHECKING:
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.service import AnyCatalog
    from phlo_api.settings import Settings


def open_catalog(lake: Lake, settings: Settings) -> AnyCatalog:
    """Return the catalog that requests of engines are answered by; nothing is asked yet."""
    terms = Terms(settings.catalog_properties, lambda _consumer: keys_of(lake.storage))
    return catalog_of(lake, terms=terms, also=settings.catalog_locations)
