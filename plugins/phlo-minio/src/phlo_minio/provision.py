"""A bucket, a user and a policy for each consumer, made once and kept as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.service import ProvisionFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.plugins.base import Provision

#: Seconds for a connection, and for an answer.
_CONNECT, _READ = 5, 20
_OBJECTS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")


def provision(
    host: str, port: int, settings: Mapping[str, Any], wanted: Sequence[Provision]
) -> None:
    """Make what consumers ask for; what is there is only corrected, and nothing is removed.

    Raises:
        ProvisionFailed: The server refuses, or does not answer.
    """
    from minio import Minio, MinioAdmin
    from minio.credentials.providers import StaticProvider
    from minio.error import MinioAdminException, MinioException
    from urllib3 import PoolManager, Retry, Timeout
    from urllib3.exceptions import HTTPError

    address, region = f"{host}:{port}", str(settings["region"])
    keys = StaticProvider(str(settings["user"]), str(settings["password"]))
    http = PoolManager(timeout=Timeout(connect=_CONNECT, read=_READ), retries=Retry(2))
    store = Minio(address, credentials=keys, secure=False, region=region, http_client=http)
    admin = MinioAdmin(
        endpoint=address, credentials=keys, secure=False, region=region, http_client=http
    )
    try:
        for bucket in sorted({one.properties["bucket"] for one in wanted}):
            if not store.bucket_exists(bucket):
                store.make_bucket(bucket)
        for one in wanted:
            user, name = one.properties["user"], f"phlo-{one.properties['user']}"
            admin.policy_add(name, policy=policy_of(one.properties["bucket"]))
            # A user who is there gets the password that its secret says.
            admin.user_add(user, one.properties["password"])
            admin.policy_set(name, user=user)
    except (MinioException, MinioAdminException, HTTPError, OSError, ValueError) as error:
        raise ProvisionFailed("minio", _line(error)) from error


def policy_of(bucket: str) -> dict[str, Any]:
    """Return what a user may do: everything with the objects of one bucket, and nothing else."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(_BUCKET), "Resource": [arn]},
            {"Effect": "Allow", "Action": list(_OBJECTS), "Resource": [f"{arn}/*"]},
        ],
    }


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
