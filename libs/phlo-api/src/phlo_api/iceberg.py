"""The catalog that answers at `/iceberg`, and on what terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.lakehouse.bucket import S3, Bucket
from phlo.lakehouse.rest.place import Terms, keys_of
from phlo.lakehouse.rest.service import catalog_of

if TYPE_CHECKING:
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.service import AnyCatalog
    from phlo_api.consumers import Consumers
    from phlo_api.settings import Settings


def open_catalog(lake: Lake, settings: Settings, consumers: Consumers) -> AnyCatalog:
    """Return the catalog that requests of engines are answered by; nothing is asked yet."""

    def keys_for(consumer: str) -> dict[str, str]:
        return keys_of(_storage_of(lake, consumers, consumer) or lake.storage)

    return catalog_of(
        lake,
        terms=Terms(settings.catalog_properties, keys_for),
        also=settings.catalog_locations,
    )


def _storage_of(lake: Lake, consumers: Consumers, consumer: str) -> Bucket | None:
    """Return the lake's bucket as a consumer reaches it; None: it has no keys of its own for it."""
    if not isinstance(lake.storage, Bucket):
        return None
    for told in consumers.stores_of(consumer):
        own = S3.of(told, lake.storage.s3.service)
        if own.bucket == lake.storage.s3.bucket:
            return Bucket(own)
    return None
