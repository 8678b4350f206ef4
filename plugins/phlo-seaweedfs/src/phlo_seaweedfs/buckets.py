"""Buckets, made by the user who may do everything."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.errors.service import ProvisionFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyarrow.fs import S3FileSystem

#: It answers that it is healthy before its parts have found each other, for so many seconds.
_PATIENCE = 30
_PAUSE = 0.2
_PROOF = ".phlo-proof"


def make_buckets(host: str, port: int, settings: Mapping[str, Any], buckets: Sequence[str]) -> None:
    """Make buckets, and see that an object can be written and read; what is there stays.

    Raises:
        ProvisionFailed: The server refuses.
    """
    from pyarrow.fs import S3FileSystem

    files = S3FileSystem(
        access_key=str(settings["user"]), secret_key=str(settings["password"]),
        endpoint_override=f"{host}:{port}", scheme="http", region=str(settings["region"]),
        allow_bucket_creation=True, connect_timeout=5, request_timeout=10,
    )  # fmt: skip
    for bucket in buckets:
        _patiently(partial(_make, files, bucket))
    if buckets:
        _patiently(partial(_prove, files, f"{buckets[0]}/{_PROOF}"))


def _make(files: S3FileSystem, bucket: str) -> None:
    from pyarrow.fs import FileType

    if files.get_file_info(bucket).type is FileType.NotFound:
        files.create_dir(bucket)


def _prove(files: S3FileSystem, path: str) -> None:
    """Write and read an object: neither can be done until the part with the data is found."""
    with files.open_output_stream(path) as stream:
        stream.write(b"1")
    with files.open_input_file(path) as file:
        file.readall()
    files.delete_file(path)


def _patiently(do: Callable[[], None]) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return do()
        except OSError as error:
            is_denied = "ACCESS_DENIED" in str(error) or "SIGNATURE" in str(error)
            if is_denied or time.monotonic() > end:
                raise ProvisionFailed("seaweedfs", str(error).splitlines()[0]) from error
            time.sleep(_PAUSE)
