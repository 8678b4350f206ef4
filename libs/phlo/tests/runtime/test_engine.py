"""Finding the engine, reading what it says, and the relay: without any engine."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from phlo.model.container import ContainerService
from phlo.model.status import ServiceState
from phlo.runtime import relay
from phlo.runtime.docker.container import read_container
from phlo.runtime.docker.diagnose import Diagnosis
from phlo.runtime.docker.engine import Engine
from phlo.runtime.docker.find import find
from phlo.runtime.docker.published import Publisher, published
from phlo.runtime.docker.watch import Seen, Watch
from phlo.runtime.progress import ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], str]]:
    """Something that answers at a socket; its address as `DOCKER_HOST` takes it."""
    opened = []

    def listen(answer: bytes) -> str:
        path = tmp_path_factory.mktemp("e") / "s"
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        opened.append(server)

        def serve() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                with taken:
                    taken.recv(1000)
                    taken.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"unix://{path}"

    yield listen
    for server in opened:
        server.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a `docker` on PATH, and a home without contexts."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    return {"PATH": str(program.parent), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


OK = b"HTTP/1.0 200 OK\r\n\r\nOK"


def test_an_engine_that_answers(engine: Callable[[bytes], str], environ: dict[str, str]) -> None:
    host = engine(OK)
    assert find(environ | {"DOCKER_HOST": host}).host == host


def test_what_answers_otherwise_is_no_engine(
    engine: Callable[[bytes], str], environ: dict[str, str]
) -> None:
    found = find(environ | {"DOCKER_HOST": engine(b"HTTP/1.0 404 Not Found\r\n\r\n")})
    assert found.host is None
    assert found.tried[0].endswith("it answers, and is no container engine")


def test_the_context_says_where_it_is(
    engine: Callable[[bytes], str], environ: dict[str, str], tmp_path: Path
) -> None:
    host = engine(OK)
    name = hashlib.sha256(b"other").hexdigest()
    meta = tmp_path / ".docker" / "contexts" / "meta" / name
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Endpoints": {"docker": {"Host": host}}}))
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "other"}')
    assert find(environ).host == host
    assert find(environ | {"DOCKER_CONTEXT": "gone"}).host != host


def test_without_an_engine_it_says_what_was_tried(environ: dict[str, str]) -> None:
    found = find(environ | {"DOCKER_HOST": "unix:///no/such.sock"})
    assert found.tried == ("DOCKER_HOST (unix:///no/such.sock): no such file or directory",)
    assert found.fix
    assert find(environ | {"PATH": "/nowhere"}).tried == ("the command 'docker' is not on PATH",)


def test_podman_is_taken_where_docker_is_not(
    engine: Callable[[bytes], str], environ: dict[str, str], tmp_path: Path
) -> None:
    if find(environ).host:
        pytest.skip("an engine answers at the usual place")
    folder = tmp_path / "podman"
    folder.mkdir()
    (folder / "podman.sock").symlink_to(engine(OK).removeprefix("unix://"))
    assert find(environ).host == f"unix://{folder}/podman.sock"


def container(policy: str = "unless-stopped", **state: Any) -> Any:
    began = {"StartedAt": "2026-01-02T03:04:05.6Z", "FinishedAt": "0001-01-01T00:00:00Z"}
    return read_container(
        {
            "Id": "abc", "Name": "/lake-db-1", "Created": "2026-01-02T03:04:04Z",
            "Config": {"Labels": {"com.docker.compose.service": "db"}},
            "HostConfig": {"RestartPolicy": {"Name": policy}},
            "NetworkSettings": {"Networks": {"x": {"IPAddress": "10.0.0.2"}}},
            "State": {"Status": "running", **began, **state},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "state", "wanted"),
    [
        ("no", {}, ServiceState.HEALTHY),
        ("no", {"Health": {"Status": "starting"}}, ServiceState.STARTING),
        ("no", {"Health": {"Status": "unhealthy"}}, ServiceState.UNHEALTHY),
        ("no", {"Health": {"Status": "none"}}, ServiceState.HEALTHY),
        ("always", {"Status": "restarting", "ExitCode": 3}, ServiceState.CRASHED),
        ("no", {"Status": "exited", "ExitCode": 3}, ServiceState.FAILED),
        ("no", {"Status": "exited", "ExitCode": 143}, ServiceState.STOPPED),
        ("unless-stopped", {"Status": "exited", "ExitCode": 3}, ServiceState.STOPPED),
        ("no", {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}, ServiceState.STOPPED),
        ("no", {"Status": "created", "Error": "no such file"}, ServiceState.FAILED),
    ],
)
def test_states_have_the_words_of_all_runtimes(
    policy: str, state: dict[str, Any], wanted: ServiceState
) -> None:
    assert container(policy, **state).state() is wanted


def test_a_job_is_ready_when_it_has_ended_well() -> None:
    assert container("no").state(is_job=True) is ServiceState.STARTING
    assert container("no", Status="exited").state(is_job=True) is ServiceState.HEALTHY
    failed = container("no", Status="exited", ExitCode=143)
    assert failed.state(is_job=True) is ServiceState.FAILED


def test_who_has_a_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [
        f"lake-db-1\tlake\t{tmp_path}\t127.0.0.1:5432->5432/tcp, 9/tcp",
        "other\t\t\t0.0.0.0:80-81->80-81/tcp, :::80-81->80-81/tcp",
    ]
    done = subprocess.CompletedProcess([], 0, "\n".join(lines), "")
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: done)
    found = published()
    assert set(found) == {5432, 80, 81}
    assert found[5432].is_of(tmp_path)
    assert found[5432].stop == f"phlo -C {tmp_path} services stop"
    assert found[80] == Publisher("other", "", "")
    assert found[80].stop == "docker stop other"
    assert not found[80].is_of(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere containers need no relay")
def test_the_relay_hands_on_both_ways_and_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        told = relay.relay(sys.executable, "127.0.0.2", [port, port])
        assert told.command[-2:] == ("127.0.0.2", str(port))
        with subprocess.Popen(told.command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert "relays 127.0.0.2" in process.stdout.readline()
                with socket.create_connection(("127.0.0.2", port), 5) as client:
                    there, _ = server.accept()
                    with there:
                        client.sendall(b"question" * 50_000)
                        client.shutdown(socket.SHUT_WR)
                        assert len(b"".join(iter(lambda: there.recv(65536), b""))) == 400_000
                        there.sendall(b"answer")
                    assert client.recv(100) == b"answer"
                    assert client.recv(100) == b""
                server.close()
                with socket.create_connection(("127.0.0.2", port), 5) as client:
                    assert client.recv(100) == b""  # nobody is there: it closes, and goes on
                assert process.poll() is None
            finally:
                began = time.monotonic()
                process.terminate()
                process.wait(10)
            assert time.monotonic() - began < 2


def test_a_port_taken_since_the_plan_is_told_with_its_holder() -> None:
    """What Docker says of it: the sentence with the port, and a line beneath that has none."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = (
            "Error response from daemon: driver failed programming external connectivity on "
            "endpoint lake-web-1 (4bf4): Error starting userland proxy: listen tcp4 "
            f"127.0.0.1:{port}: bind: address already in use\n"
            "Error: failed to start containers: b1764934c5af\n"
        )
        service = ContainerService("web", ports=(port,))
        made = Engine("lake")
        diagnosis = Diagnosis(made, Watch(made, {"web": service}, ignore), {})
        error = diagnosis.not_started(Seen(service, ServiceState.STOPPED), said)
    assert error.code == "PHLO-X302"
    assert f"port {port} on 127.0.0.1 is already in use" in error.message
