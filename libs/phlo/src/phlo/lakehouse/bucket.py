"""Files in a bucket of anything that speaks S3: SeaweedFS, MinIO, AWS."""

from __future__ import annotations

import os
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
    profile: str | None = None
    """Where there are no keys: the profile of this machine's configuration of AWS."""
    role: str | None = None
    """The role (its ARN) to work as, taken on with this machine's credentials for AWS."""
    path_style: bool = True
    """`ENDPOINT/bucket/key`, which needs no name service, and not `bucket.ENDPOINT/key`."""
    prefix: str = "warehouse"
    """The folder in the bucket."""
    service: str = "the object store"
    """Whose bucket it is, for people."""

    @classmethod
    def of(cls, properties: Mapping[str, str], service: str) -> S3:
        """Return what a provider of `object-store.s3` tells its consumers.

        Keys go before a profile and a role, which are ways to have none.
        """
        endpoint = properties.get("endpoint") or None
        # AWS has names for its buckets; a server of one's own most often has none.
        path_style = properties.get("path_style") or ("true" if endpoint else "false")
        user = properties.get("user") or None
        return cls(
            bucket=properties.get("bucket") or "lake",
            endpoint=endpoint,
            region=properties.get("region") or REGION,
            user=user,
            password=properties.get("password") or None,
            profile=None if user else properties.get("profile") or None,
            role=None if user else properties.get("role_arn") or None,
            path_style=path_style.lower() != "false",
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
        self._choose_profile()
        found = {
            "s3.endpoint": s3.endpoint,
            "s3.access-key-id": s3.user,
            "s3.secret-access-key": s3.password,
            "s3.role-arn": s3.role,
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
            raise self.refused(str(error)) from error

    def files(self) -> Iterator[StoredFile]:
        """Yield every file below the folder."""
        from pyarrow.fs import FileSelector, FileType

        folder = self.root.removeprefix("s3://")
        try:
            found = self._files.get_file_info(
                FileSelector(folder, allow_not_found=True, recursive=True)
            )
        except OSError as error:
            raise self.refused(str(error)) from error
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
            raise self.refused(str(error)) from error

    def tidy(self) -> None:
        """Do nothing: a bucket has no folders."""

    def refused(self, problem: str) -> StorageRefused:
        """Return that the server does not take a file."""
        return StorageRefused(self.s3.service, self.place, problem)

    def is_refusal(self, error: BaseException) -> bool:
        """Whether Arrow says that this bucket's server failed."""
        said = str(error)
        return isinstance(error, OSError) and "AWS Error" in said and f"'{self.s3.bucket}'" in said

    @cached_property
    def _files(self) -> S3FileSystem:
        from pyarrow.fs import S3FileSystem

        s3 = self.s3
        self._choose_profile()
        address = urlparse(s3.endpoint) if s3.endpoint else None
        return S3FileSystem(
            access_key=s3.user,
            secret_key=s3.password,
            role_arn=s3.role,
            region=s3.region,
            endpoint_override=address.netloc if address else None,
            scheme=address.scheme if address else "https",
            force_virtual_addressing=not s3.path_style,
            connect_timeout=5,
            request_timeout=60,
        )

    def _choose_profile(self) -> None:
        """Tell the profile in the one way that Arrow's client has: by a variable of the process."""
        if self.s3.profile:
            os.environ["AWS_PROFILE"] = self.s3.profile


def _path(location: str) -> str:
    """Return the bucket and the key of an address."""
    return location.partition("://")[2]
