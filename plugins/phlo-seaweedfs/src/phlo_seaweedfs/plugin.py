"""The service `seaweedfs`: an object store, and the buckets it makes for its consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.plugins.base import ServicePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.plugins.base import Provision


class SeaweedFSService(ServicePlugin):
    """Storage: SeaweedFS, in a container or as a local process."""

    package = "phlo_seaweedfs"

    def provision(
        self, host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
    ) -> None:
        """Make the bucket of each consumer; its keys are in the server's configuration."""
        from phlo_seaweedfs.buckets import make_buckets

        make_buckets(host, port, settings, sorted({one.properties["bucket"] for one in wanted}))
