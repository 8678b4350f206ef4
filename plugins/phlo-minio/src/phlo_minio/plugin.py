"""The service `minio`: an object store, and the buckets and users it makes for its consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.plugins.base import Provision


class MinioService(ServicePlugin):
    """Storage: MinIO, in a container."""

    package = "phlo_minio"

    def provision(
        self, host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
    ) -> None:
        """Make a bucket and a user for each consumer, who may use that bucket only."""
        from phlo_minio.provision import provision

        provision(host, port, settings, wanted)
