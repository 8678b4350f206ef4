"""The service `phlo-api`, as phlo finds it."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class PhloApiService(ServicePlugin):
    """API: runs, tables, checks and services over HTTP."""

    package = "phlo_api"
