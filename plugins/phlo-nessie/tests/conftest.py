"""One real Nessie for the tests of this package, with its memory for a store."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from phlo.model.native import Artifact, Program
from phlo.runtime.native.java import java_home
from phlo.runtime.native.maven import fetch
from phlo_nessie.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTIFACT = Artifact.of(
    "org.projectnessie.nessie:nessie-quarkus:0.99.0:jar:runner",
    "ce9fa33e2878bf5ea3981876b9e6204cabc0362b3dd82326b10e47271a78c417",
)
_PATIENCE = 90


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that ends with the tests."""
    jar = fetch("nessie", Program("maven", artifacts=(ARTIFACT,)), print) / "nessie-quarkus.jar"
    java = java_home("nessie", ">=21", print) / "bin" / "java"
    port, management = _free_ports(2)
    settings = {
        "quarkus.http.host": "127.0.0.1",
        "quarkus.http.port": port,
        "quarkus.management.host": "127.0.0.1",
        "quarkus.management.port": management,
        "nessie.version.store.type": "IN_MEMORY",
    }
    log = tmp_path_factory.mktemp("nessie") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(java), "-Xmx384m", *(f"-D{key}={value}" for key, value in settings.items()),
             "-jar", str(jar)],
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{management}/q/health/ready", log)
        yield f"http://127.0.0.1:{port}/api/v2"
    finally:
        process.terminate()
        process.wait(20)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(url: str, log: object) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        if time.monotonic() > end:
            pytest.fail(f"Nessie is not ready: {log}")
        time.sleep(0.3)


@pytest.fixture
def api(server: str) -> Api:
    """The server, as if it were new: main is where it began, and there is no other reference."""
    api = Api(server)
    for one in api.references():
        if one.name != "main":
            api.delete(one)
    main = api.reference("main")
    # What no user does: main is put back to where it began.
    body = {"type": "DETACHED", "hash": api.root()}
    answer = api._client.put(f"/trees/main@{main.hash}", json=body)
    assert answer.is_success, answer.text
    return api
