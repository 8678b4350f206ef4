"""Containers from the first start to the reset, beside local processes."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from phlo.demo.run import MARK, stop_demo

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject as Project
    from phlo.testing.containers import Make

IMAGE = "python:3.11-slim-bookworm"
#: An HTTP server that ends when it is told to.
SERVER = (
    "import http.server, signal, sys; signal.signal(15, lambda *_: sys.exit(0)); "
    "http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)"
)
WEB = {
    "type": "inline", "image": IMAGE, "command": ["python", "-u", "-c", SERVER],
    "ports": {"http": {"container": 8000, "protocol": "http", "primary": True}},
    "healthcheck": {"http": "/", "interval": "1s"},
    "volumes": ["kept:/kept"], "working_dir": "/kept",
}  # fmt: skip
#: The settings of a service that is a local process, called by containers.
NATIVE = f"""
schema: 1
name: backend
category: custom
ports: {{http: {{container: 8765, host: 8765, primary: true, protocol: http}}}}
provides: [{{capability: x.backend, port: http}}]
healthcheck: {{http: /, interval: 1s}}
native:
  program: self
  processes:
    main:
      command: ["{sys.executable}", -m, http.server, --bind, "{{bind}}", "{{port.http}}"]
"""
CALLER = f"""
schema: 1
name: caller
category: custom
image: {IMAGE}
requires: [{{capability: x.backend, as: backend}}]
command: [sleep, "600"]
ready: started
compose: {{init: true}}
"""


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


@pytest.fixture(scope="module")
def running(make_project: Make) -> Project:
    project = make_project()
    project.configure(json.dumps({"web": WEB}))
    done = project.up("web")
    assert done.returncode == 0, done.stderr
    return project


def url_of(project: Project) -> str:
    return project.phlo("services", "open", "web", "--no-browser").stdout.strip()


def test_it_is_healthy_named_and_on_loopback_only(running: Project) -> None:
    assert running.states() == {"web": "healthy"}
    found = running.inspect("web")
    assert found["Name"] == f"/{running.name}-web-1"
    [bound] = found["NetworkSettings"]["Ports"]["8000/tcp"]
    assert bound["HostIp"] == "127.0.0.1"
    assert "Directory listing" in get(url_of(running))


def test_status_tells_the_runtime_and_the_address(running: Project) -> None:
    [web] = running.json("services", "status")["services"]
    assert (web["runtime"], web["state"], web["restarts"]) == ("docker", "healthy", 0)
    assert web["endpoints"][0]["url"] == url_of(running).rstrip("/")
    assert web["started_at"]


def test_starting_again_leaves_it_alone(running: Project) -> None:
    before = running.inspect("web")
    assert running.up("web").returncode == 0
    after = running.inspect("web")
    assert (before["Id"], before["State"]["Pid"]) == (after["Id"], after["State"]["Pid"])


def test_logs_and_commands_in_it(running: Project) -> None:
    get(url_of(running))
    assert '"GET / HTTP/1.1" 200' in running.phlo("services", "logs", "web").stdout
    done = running.phlo("services", "exec", "web", "sh", "-c", "echo $PHLO_SERVICE; exit 5")
    assert (done.stdout, done.returncode) == ("web\n", 5)
    missing = running.phlo("services", "exec", "wbe", "true")
    assert missing.returncode == 9
    assert "did you mean 'web'" in missing.stderr


def test_logs_are_followed(running: Project) -> None:
    with running.start("services", "logs", "web", "-f", "-n", "0") as process:
        time.sleep(1.5)
        get(f"{url_of(running)}?marked")
        assert process.stdout is not None
        assert "marked" in process.stdout.readline()
        process.kill()


def test_waiting(running: Project) -> None:
    assert running.phlo("services", "wait", "web", "--timeout", "20").returncode == 0
    assert running.phlo("services", "wait", "web", "--for", "started").returncode == 0
    late = running.phlo("services", "wait", "web", "--for", "stopped", "--timeout", "1", "--json")
    assert (running.errors(late)[0]["code"], late.returncode) == ("PHLO-S608", 9)
    unknown = running.phlo("services", "wait", "wbe", "--timeout", "60")
    assert unknown.returncode == 9


def test_what_is_written_is_closed_and_good_for_plain_compose(running: Project) -> None:
    values = running.root / ".phlo" / ".env"
    assert stat.S_IMODE(values.stat().st_mode) == 0o600
    command = ["docker", "compose", "-f", ".phlo/compose.yaml", "--env-file", ".phlo/.env"]
    listed = subprocess.run(
        [*command, "ps", "--format", "{{.Name}}"], cwd=running.root, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert listed.stdout.split() == [f"{running.name}-web-1"]
    again = subprocess.run(
        [*command, "up", "--wait", "-d"], cwd=running.root, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert "Recreat" not in again.stderr


def test_an_override_makes_it_anew_and_keeps_its_data(running: Project) -> None:
    running.phlo("services", "exec", "web", "sh", "-c", "echo kept > /kept/file")
    before = running.inspect("web")["Id"]
    running.configure(json.dumps({"web": WEB | {"environment": {"EXTRA": "a$$b 1.10"}}}))
    assert running.up("web").returncode == 0
    after = running.inspect("web")
    assert after["Id"] != before
    assert "EXTRA=a$b 1.10" in after["Config"]["Env"]
    assert get(f"{url_of(running)}file") == "kept\n"


def test_a_restart_is_a_new_process(running: Project) -> None:
    before = running.inspect("web")["State"]["Pid"]
    assert running.phlo("services", "restart", "web", "--only", "web").returncode == 0
    assert running.inspect("web")["State"]["Pid"] != before


def test_stop_and_start_keep_the_port_and_the_data(running: Project) -> None:
    url = url_of(running)
    done = running.phlo("services", "stop")
    assert done.returncode == 0, done.stderr
    assert running.inspect("web")["State"]["Running"] is False
    assert running.up("web").returncode == 0
    assert url_of(running) == url
    assert get(f"{url}file") == "kept\n"


def test_a_service_that_was_removed_leaves_no_container(running: Project) -> None:
    other = {"type": "inline", "image": IMAGE, "command": ["sleep", "600"]}
    running.configure(json.dumps({"other": other | {"compose": {"init": True}}}))
    assert running.up("other").returncode == 0
    assert running.docker("ps", "-aq", "--filter", f"name={running.name}-web-1") == ""
    running.configure(json.dumps({"web": WEB}))
    assert running.up("web").returncode == 0


def test_reset_asks_and_then_leaves_nothing(running: Project) -> None:
    refused = running.phlo("services", "reset")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert running.states() == {"web": "healthy"}
    done = running.phlo("services", "reset", "web", "--yes")
    assert f"removed volume {running.name}_kept" in done.stderr
    assert running.docker("volume", "ls", "-q", "--filter", f"name={running.name}") == ""
    assert running.phlo("services", "reset", "--yes").returncode == 0
    assert running.things() == []


def test_the_end_of_the_demo_leaves_nothing_on_the_engine(project: Project) -> None:
    project.configure(json.dumps({"web": WEB}))
    assert project.up("web").returncode == 0
    assert len(project.things()) >= 3, "a container, a volume, a network"
    (project.root / MARK).touch()
    stop_demo(project.root, is_kept=False)
    assert project.things() == []
    assert not project.root.exists()
    project.root.mkdir()  # what the fixture cleans


def test_two_projects_of_one_name_share_nothing(make_project: Make) -> None:
    first, second = make_project("twin", "one"), make_project("twin", "two")
    for project in (first, second):
        web = WEB | {"environment": {"ROOT": str(project.root)}}
        project.configure(json.dumps({"web": web}))
        assert project.up("web").returncode == 0
    assert first.things()
    assert not set(first.things()) & set(second.things())
    assert url_of(first) != url_of(second)
    names = first.docker("ps", "--format", "{{.Names}}").split()
    twins = [name for name in names if name.startswith("twin")]
    assert len(twins) == 2
    assert "twin-web-1" in twins
    assert first.phlo("services", "stop").returncode == 0
    assert second.states() == {"web": "healthy"}


def test_a_project_that_was_moved_keeps_its_containers_and_ports(make_project: Make) -> None:
    project = make_project()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    pinned = {"http": {"container": 8000, "host": port, "protocol": "http", "primary": True}}
    project.configure(json.dumps({"web": WEB | {"ports": pinned}}))
    assert project.up("web").returncode == 0
    before, moved = project.root, project.root.with_name(f"{project.root.name} moved")
    before.rename(moved)
    project.root = moved
    try:
        refused = project.phlo("services", "start", "--only", "web", "--json")
        [error] = project.errors(refused)
        assert (error["code"], refused.returncode) == ("PHLO-X306", 7)
        # While it runs still, at a port that nothing but this project's own container has.
        command = error["fix"]["command"].split()[1:]
        done = project.phlo(*command, "--only", "web", "--no-open")
        assert done.returncode == 0, done.stderr
        assert url_of(project).rstrip("/") == f"http://127.0.0.1:{port}"
    finally:
        project.phlo("services", "reset", "--yes")
        before.unlink(missing_ok=True)
        moved.rename(before)
        project.root = before


def test_a_container_calls_a_local_process_by_the_relay(project: Project) -> None:
    project.site.install("backend", NATIVE)
    project.site.install("caller", CALLER)
    project.configure(json.dumps({"caller": {"enabled": True}}))
    assert project.up("caller").returncode == 0
    assert project.states() == {"backend": "healthy", "caller": "healthy"}
    ask = (
        "import os, urllib.request as u; a = os.environ['BACKEND_URL']; "
        "print(a, u.urlopen(a, timeout=5).status); "
        "print(u.urlopen(a.replace('phlo-host', 'backend'), timeout=5).status)"
    )
    done = project.phlo("services", "exec", "caller", "python", "-c", ask)
    said = done.stdout.split()
    assert said[0].startswith("http://phlo-host:")
    assert said[1:] == ["200", "200"]
    port = int(said[0].rpartition(":")[2])
    addresses = listening_at(port)
    gateway = project.docker(
        "network", "inspect", f"{project.name}_default", "-f",
        "{{(index .IPAM.Config 0).Gateway}}",
    )  # fmt: skip
    assert addresses == {"127.0.0.1", gateway}
    assert project.phlo("services", "stop").returncode == 0
    assert listening_at(port) == set()


def listening_at(port: int) -> set[str]:
    import psutil

    found = psutil.net_connections("tcp")
    return {c.laddr.ip for c in found if c.status == "LISTEN" and c.laddr.port == port}


def test_a_file_is_read_in_the_container_and_by_nobody_else(project: Project) -> None:
    project.site.install(
        "reader",
        f"""
        schema: 1
        name: reader
        category: custom
        image: {IMAGE}
        settings: {{key: {{type: secret, generate: {{length: 24}}}}}}
        files: [{{template: key.j2, dest: /etc/reader/key}}]
        user: "1234"
        command: [sh, -c, "cat /etc/reader/key && sleep 600"]
        ready: started
        compose: {{init: true}}
        """,
    )
    template = project.site.folder / "phlo_reader" / "key.j2"
    template.write_text("the key is {{ settings.key }}\n")
    project.configure(json.dumps({"reader": {"enabled": True}}))
    assert project.up("reader").returncode == 0
    assert project.phlo("services", "logs", "reader").stdout == "the key is ***\n"
    folder = project.root / ".phlo" / "config"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = project.inspect("reader")["Id"]
    template.write_text("another key: {{ settings.key }}\n")
    assert project.up("reader").returncode == 0
    assert project.inspect("reader")["Id"] != before
    key = project.phlo("secrets", "show", "reader.key").stdout.strip()
    inside = project.docker("exec", f"{project.name}-reader-1", "cat", "/etc/reader/key")
    assert inside == f"another key: {key}"
    shown = project.docker("inspect", f"{project.name}-reader-1")
    assert key not in shown


def test_without_compose_it_says_what_to_install(project: Project) -> None:
    """A stand-in for a `docker` that has no `compose`; all else is the real one."""
    from shutil import which

    project.configure(json.dumps({"web": WEB}))
    fake = project.root / "bin" / "docker"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\nif [ "$1" = compose ]; then\n'
        "  echo 'unknown flag: --progress' >&2; exit 125\nfi\n"
        f'exec {which("docker")} "$@"\n'
    )
    fake.chmod(0o755)
    done = project.phlo(
        "services", "start", "--only", "web", "--json", PATH=f"{fake.parent}:/usr/bin:/bin"
    )
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-R503", 6)
