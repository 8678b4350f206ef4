"""Buckets, users and policies, against a stand-in: S3 by moto, and the admin API as MinIO has it.

MinIO itself cannot be had where these tests run. The stand-in takes the admin API's requests as
MinIO does, encrypted bodies included; what a policy then allows is MinIO's, and not tested here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from minio import Minio
from minio.crypto import decrypt
from urllib3 import HTTPResponse

from phlo.errors.service import ProvisionFailed
from phlo.plugins.base import Provision
from phlo.testing.stores import free_ports
from phlo_minio.plugin import MinioService

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {"user": "phlo", "password": "root-password", "region": "us-east-1"}
ADMIN = "/minio/admin/v3/"


@dataclass
class StandIn:
    """What the server has, and what it shall answer wrongly."""

    s3: str
    port: int = 0
    users: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)
    fault: tuple[int, bytes] | None = None

    def admin(self, command: str, asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if self.fault:
            return self.fault
        if command == "add-canned-policy":
            self.policies[asked["name"]] = json.loads(body)
        elif command == "add-user":
            try:
                sent = HTTPResponse(BytesIO(body), preload_content=False)
                said = json.loads(decrypt(sent, SETTINGS["password"]))
            except ValueError:
                return 400, b'{"Code": "XMinioMalformedIAMConfig"}'
            self.users[asked["accessKey"]] = said["secretKey"]
        elif command == "set-user-or-group-policy":
            if asked["policyName"] not in self.policies or asked["userOrGroup"] not in self.users:
                return 404, b'{"Code": "XMinioAdminNoSuchPolicy"}'
            self.attached[asked["userOrGroup"]] = asked["policyName"]
        else:
            return 501, b""
        return 200, b""


def handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            if url.path.startswith(ADMIN):
                asked = {name: values[0] for name, values in parse_qs(url.query).items()}
                status, answer = server.admin(url.path.removeprefix(ADMIN), asked, body)
            else:
                status, answer = self.forward(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer if self.command != "HEAD" else b"")

        def forward(self, body: bytes) -> tuple[int, bytes]:
            request = urllib.request.Request(
                server.s3 + self.path, body or None, dict(self.headers), method=self.command
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        do_GET = do_PUT = do_POST = do_HEAD = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    [port] = free_ports(1)
    program = Path(sys.executable).parent / "moto_server"
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(program), "-H", "127.0.0.1", "-p", str(port)],
            stdout=output, stderr=output, env=os.environ,
        )  # fmt: skip
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(server: StandIn) -> Iterator[StandIn]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture
def server(s3: str) -> Iterator[StandIn]:
    urllib.request.urlopen(
        urllib.request.Request(f"{s3}/moto-api/reset", b"", method="POST"), timeout=20
    ).close()
    with serving(StandIn(s3)) as running:
        yield running


def wanted(*names: str, password: str = "a-password-of-its-own") -> list[Provision]:
    return [
        Provision(
            name, "store", {},
            {"bucket": f"b-{name}", "user": f"{name}-store", "password": password},
        )
        for name in names
    ]  # fmt: skip


def provision(server: StandIn, asked: list[Provision], **settings: str) -> None:
    MinioService().provision("127.0.0.1", server.port, SETTINGS | settings, asked)


def test_each_consumer_has_a_bucket_and_a_user(server: StandIn) -> None:
    provision(server, wanted("alpha", "beta"))
    store = Minio(f"127.0.0.1:{server.port}", "phlo", "x", secure=False, region="us-east-1")
    assert {one.name for one in store.list_buckets()} == {"b-alpha", "b-beta"}
    assert set(server.users) == {"alpha-store", "beta-store"}
    assert server.attached == {
        "alpha-store": "phlo-alpha-store", "beta-store": "phlo-beta-store",
    }  # fmt: skip


def test_a_policy_names_its_bucket_and_no_other(server: StandIn) -> None:
    provision(server, wanted("alpha", "beta"))
    for name in ("alpha", "beta"):
        statements = server.policies[f"phlo-{name}-store"]["Statement"]
        named = {resource for one in statements for resource in one["Resource"]}
        assert named == {f"arn:aws:s3:::b-{name}", f"arn:aws:s3:::b-{name}/*"}
        actions = {action for one in statements for action in one["Action"]}
        assert all(action.startswith("s3:") and "*" not in action for action in actions)
        assert not actions & {"s3:CreateBucket", "s3:DeleteBucket", "s3:PutBucketPolicy"}


def test_starting_again_changes_a_password_and_keeps_the_data(server: StandIn) -> None:
    provision(server, wanted("alpha"))
    store = Minio(f"127.0.0.1:{server.port}", "phlo", "x", secure=False, region="us-east-1")
    store.put_object("b-alpha", "one", BytesIO(b"1"), 1)
    provision(server, wanted("alpha", password="another-password"))
    assert server.users["alpha-store"] == "another-password"
    with store.get_object("b-alpha", "one") as answer:
        assert answer.read() == b"1"


def test_another_root_password_is_told(server: StandIn) -> None:
    with pytest.raises(ProvisionFailed, match="XMinioMalformedIAMConfig"):
        provision(server, wanted("alpha"), password="not-the-servers")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, b'{"Code": "AccessDenied", "Message": "no"}'),
        (500, b"<html>a proxy's page</html>"),
        (404, b""),
    ],
)
def test_a_server_that_refuses_is_told(server: StandIn, status: int, answer: bytes) -> None:
    server.fault = (status, answer)
    with pytest.raises(ProvisionFailed, match="minio") as caught:
        provision(server, wanted("alpha"))
    assert str(status) in caught.value.message + str(caught.value.why)


def test_a_server_that_is_not_there_is_told() -> None:
    [port] = free_ports(1)
    with pytest.raises(ProvisionFailed):
        provision(StandIn("", port), wanted("alpha"))
