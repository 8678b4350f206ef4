"""Buckets, made by the user who may do everything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from phlo.errors.service import ProvisionFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: It answers that it is healthy before its parts have found each other, for so many seconds.
_PATIENCE = 30
_PAUSE = 0.2


def make_buckets(host: str, port: int, settings: Mapping[str, Any], buckets: Sequence[str]) -> None:
    """Make buckets; those that are there stay as they are.

    Raises:
        ProvisionFailed: The server refuses.
    """
    from pyarrow.fs import FileType, S3FileSystem

    files = S3FileSystem(
        access_key=str(settings["user"]), secret_key=str(settings["password"]),
        endpoint_override=f"{host}:{port}", scheme="http", region=str(settings["region"]),
        allow_bucket_creation=True, connect_timeout=5, request_timeout=10,
    )  # fmt: skip
    for bucket in buckets:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                if files.get_file_info(bucket).type is FileType.NotFound:
                    files.create_dir(bucket)
                break
            except OSError as error:
                is_denied = "ACCESS_DENIED" in str(error) or "SIGNATURE" in str(error)
                if is_denied or time.monotonic() > end:
                    raise ProvisionFailed("seaweedfs", str(error).splitlines()[0]) from error
                time.sleep(_PAUSE)
