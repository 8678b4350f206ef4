"""The service `superset`: dashboards over the lake."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class SupersetService(ServicePlugin):
    """BI: Apache Superset, as a local process or in a container that is built."""

    package = "phlo_superset"
