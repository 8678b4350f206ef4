"""The service `nessie`: what keeps the project's tables and their branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.catalogs import Catalog
    from phlo.lakehouse.storage import Storage


class NessieService(ServicePlugin):
    """Catalog: Nessie, with branches of all tables."""

    package = "phlo_nessie"

    def catalog(self, properties: Mapping[str, str], storage: Storage | None) -> Catalog:
        """Return the tables of every branch; the server is asked by the first question."""
        from phlo_nessie.catalog import NessieCatalog

        return NessieCatalog(properties["url"])
