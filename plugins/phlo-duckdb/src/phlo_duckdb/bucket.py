"""The lake's bucket, if its tables are in one: where it is and the keys, for one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlparse

from phlo.lakehouse.bucket import Bucket
from phlo_duckdb.errors import message_of
from phlo_duckdb.extensions import load

if TYPE_CHECKING:
    import duckdb

    from phlo.lakehouse.lake import Lake


def readable(lake: Lake) -> list[str]:
    """Return the folders, as DuckDB names them, in which the lake's files are."""
    found = [str(lake.warehouse)]
    if isinstance(lake.storage, Bucket):
        found.append(f"{lake.storage.root}/")
    return found


def give_keys(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Let a connection, which has httpfs loaded, read the lake's bucket.

    Raises:
        EngineUnavailable: The bucket takes this machine's credentials, and the extension that
            finds them is not installed.
        StorageRefused: There are no such credentials.
    """
    import duckdb

    if not isinstance(lake.storage, Bucket):
        return
    s3 = lake.storage.s3
    address = urlparse(s3.endpoint or "https://")
    found_here = s3.user is None
    values = {
        "PROVIDER": "credential_chain" if found_here else None,
        "CHAIN": "sts" if s3.role else "config" if s3.profile else None,
        "PROFILE": s3.profile,
        "ASSUME_ROLE_ARN": s3.role,
        "REGION": s3.region,
        "KEY_ID": s3.user,
        "SECRET": s3.password,
        "ENDPOINT": address.netloc if s3.endpoint else None,
        "URL_STYLE": "path" if s3.path_style else "vhost",
        "SCOPE": f"s3://{s3.bucket}",
    }
    said = [f"{name} {quoted(value)}" for name, value in values.items() if value]
    said.append(f"USE_SSL {str(address.scheme == 'https').lower()}")
    if found_here:
        load(connection, ("aws",))
    try:
        connection.execute(f"CREATE SECRET phlo_bucket (TYPE s3, {', '.join(said)})")
    except duckdb.Error as error:  # the credentials are looked for at once
        raise lake.storage.refused(message_of(error)) from None


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
