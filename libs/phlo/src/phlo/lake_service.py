"""The service `lake`: the project's tables, as something that services are bound to."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class LakeService(ServicePlugin):
    """Tables: in a folder, or in the bucket and the catalog that are installed."""

    package = "phlo"
