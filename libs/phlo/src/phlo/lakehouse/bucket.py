"""Files in a bucket of anything that speaks S3: SeaweedFS, MinIO, AWS."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from phlo.errors.lake import StorageRefused
from phlo.lakehouse.storage import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyarrow.fs import S3FileSystem

#: Where S3 asks for a region and a server of one's own has none.
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class S3:
    """Where a bucket is and who may use it."""

    bucket: str
    endpoint: str | None = None
    """`http://127.0.0.1:8333`; None is AWS."""
    region: str = REGION
    user: str | None = None
    """The access key's id; None takes the credentials that this machine has for AWS."""
    password: str | None = field(default=None, repr=False)
    """The secret access key."""
    path_style: bool = True
    """`ENDPOINT/bucket/key`, which needs no name service, and not `bucket.ENDPOINT/key`."""
    prefix: str = "warehouse"
    """The folder in the bucket."""
    service: str = "the object store"
    """Whose bucket it is, for people."""

    @classmethod
    def of(cls, properties: Mapping[str, str], service: str) -> S3:
        """Return what a provider of `object-store.s3` tells its consumers."""
        path_style = properties.get("path_style", "true").lower() != "false"
        return cls(
            bucket=properties.get("bucket") or "lake",
            endpoint=properties.get("endpoint") or None,
            region=properties.get("region") or REGION,
            user=properties.get("user") or None,
            password=properties.get("password") or None,
            path_style=path_style,
            prefix=properties.get("prefix") or "warehouse",
            service=service,
        )


class Bucket:
    """Files in a bucket."""

    def __init__(self, s3: S3) -> None:
        self.s3 = s3

    @property
    def root(self) -> str:
        """The address of the folder that the tables are in."""
        return f"s3://{self.s3.bucket}/{self.s3.prefix.strip('/')}"

    @property
    def place(self) -> str:
        """The folder in the bucket, and where the bucket is."""
        return f"{self.root} at {self.s3.endpoint or 'AWS'}"

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """What pyiceberg reads and writes it with."""
        s3 = self.s3
        found = {
            "s3.endpoint": s3.endpoint,
            "s3.access-key-id": s3.user,
            "s3.secret-access-key": s3.password,
            "s3.region": s3.region,
            "s3.force-virtual-addressing": None if s3.path_style else "true",
            "s3.connect-timeout": "5",
            "s3.request-timeout": "60",
        }
        return {name: value for name, value in found.items() if value}

    def holds(self, location: str) -> bool:
        """Whether a location is in S3."""
        return location.startswith(("s3://", "s3a://"))

    def new_location(self, namespace: str, name: str) -> str:
        """Return a folder for a new table."""
        return f"{self.root}/{namespace}/{name}-{uuid.uuid4().hex[:12]}"

    def read(self, location: str) -> bytes:
        """Return a file's bytes."""
        try:
            with self._files.open_input_file(_path(location)) as file:
                return bytes(file.readall())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._refused(error) from error

    def files(self) -> Iterator[StoredFile]:
        """Yield every file below the folder."""
        from pyarrow.fs import FileSelector, FileType

        folder = self.root.removeprefix("s3://")
        try:
            found = self._files.get_file_info(
                FileSelector(folder, allow_not_found=True, recursive=True)
            )
        except OSError as error:
            raise self._refused(error) from error
        for one in found:
            if one.type == FileType.File:
                modified = one.mtime.timestamp() if one.mtime else 0.0
                yield StoredFile(f"s3://{one.path}", one.size, modified)

    def delete(self, location: str) -> None:
        """Delete a file."""
        try:
            self._files.delete_file(_path(location))
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._refused(error) from error

    def tidy(self) -> None:
        """Do nothing: a bucket has no folders."""

    @cached_property
    def _files(self) -> S3FileSystem:
        from pyarrow.fs import S3FileSystem

        s3 = self.s3
        address = urlparse(s3.endpoint) if s3.endpoint else None
        return S3FileSystem(
            access_key=s3.user,
            secret_key=s3.password,
            region=s3.region,
            endpoint_override=address.netloc if address else None,
            scheme=address.scheme if address else "https",
            force_virtual_addressing=not s3.path_style,
            connect_timeout=5,
            request_timeout=60,
        )

    def _refused(self, error: OSError) -> StorageRefused:
        return StorageRefused(self.s3.service, self.place, str(error))


def _path(location: str) -> str:
    """Return the bucket and the key of an address."""
    return location.partition("://")[2]
