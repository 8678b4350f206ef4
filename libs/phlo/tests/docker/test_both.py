"""Services of both runtimes in one project: what crosses from one to the other."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject as Project

SERVER = (
    "import http.server, signal, sys; signal.signal(15, lambda *_: sys.exit(0)); "
    "http.server.test(http.server.SimpleHTTPRequestHandler, port=8765)"
)
#: A local process that ends when it is told to.
LOCAL = f"""
schema: 1
name: {{name}}
category: custom
ports: {{{{http: {{{{container: {{port}}, host: {{port}}, primary: true, protocol: http}}}}}}}}
provides: [{{{{capability: x.{{name}}, port: http}}}}]
requires: [{{needs}}]
healthcheck: {{{{http: /, interval: 1s}}}}
native:
  program: self
  processes:
    main:
      command: ["{sys.executable}", -m, http.server, --bind, "{{{{bind}}}}", "{{{{port.http}}}}"]
"""
MIDDLE = """
schema: 1
name: middle
category: custom
image: python:3.11-slim-bookworm
ports: {{http: {{container: 8766, host: 8766, primary: true, protocol: http}}}}
provides: [{{capability: x.middle, port: http}}]
requires: [{{capability: x.bottom, as: bottom}}]
command: {command}
ready: started
"""


def test_what_needs_another_stops_before_it(project: Project) -> None:
    """From a local process to a container to a local process."""
    needs = "{capability: x.middle, as: middle}"
    project.site.install("top", LOCAL.format(name="top", port=8764, needs=needs))
    project.site.install("middle", MIDDLE.format(command=json.dumps(project.STAYS)))
    project.site.install("bottom", LOCAL.format(name="bottom", port=8765, needs=""))
    project.configure("top: {enabled: true}")
    assert project.up("top").returncode == 0
    done = project.json("services", "stop")
    assert done["stopped"] == ["top", "middle", "bottom"]
    # Some of them, too: those that are named, and no other.
    assert project.up("top").returncode == 0
    done = project.json("services", "stop", "bottom", "middle")
    assert done["stopped"] == ["middle", "bottom"]
    assert project.states() == {"top": "healthy", "middle": "stopped", "bottom": "stopped"}


def in_a_row(project: Project) -> None:
    project.site.install("middle", MIDDLE.format(command=json.dumps(project.STAYS)))
    project.site.install("bottom", LOCAL.format(name="bottom", port=8765, needs=""))
    project.configure("middle: {enabled: true}")
    assert project.up("middle").returncode == 0


def test_status_tells_what_each_uses(project: Project) -> None:
    in_a_row(project)
    found = {one["name"]: one for one in project.json("services", "status")["services"]}
    for name in ("middle", "bottom"):
        assert 1_000_000 < found[name]["memory_bytes"] < 200_000_000, found[name]
    told = project.docker("stats", "--no-stream", "--format", "{{.MemUsage}}",
                          f"{project.name}-middle-1")  # fmt: skip
    number = float(told.partition("MiB")[0]) * 1024 * 1024
    assert abs(found["middle"]["memory_bytes"] - number) < 2_000_000
    assert project.phlo("services", "stop").returncode == 0
    found = {one["name"]: one for one in project.json("services", "status")["services"]}
    assert found["middle"]["memory_bytes"] is None


@pytest.mark.parametrize("is_dead", [True, False], ids=["nobody listens", "no socket"])
def test_status_without_an_engine_shows_what_it_can(project: Project, is_dead: bool) -> None:
    in_a_row(project)
    place = project.root / "e.sock"
    if is_dead:  # what an engine that was killed leaves
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(place))
    gone = {"DOCKER_HOST": f"unix://{place}"}
    done = project.phlo("services", "status", **gone)
    assert done.returncode == 6
    assert "warning[PHLO-R502]: the container engine does not answer" in done.stderr
    assert str(place) in done.stderr
    rows = {line.split()[2]: line for line in done.stdout.splitlines()[1:]}
    assert "healthy" in rows["bottom"]
    assert "unknown" in rows["middle"]
    assert "no container engine answers" in rows["middle"]
    done = project.phlo("services", "status", "--json", **gone)
    assert [one["code"] for one in project.errors(done)] == ["PHLO-R502"]
    states = {one["name"]: one["state"] for one in json.loads(done.stdout)["services"]}
    assert states == {"bottom": "healthy", "middle": "unknown"}
    # What it can stop is stopped, and it says what it cannot.
    stopped = project.phlo("services", "stop", "--json", **gone)
    assert [one["code"] for one in project.errors(stopped)] == ["PHLO-R502"]
    assert project.states() == {"bottom": "stopped", "middle": "healthy"}


def test_without_an_engine_the_printed_fix_runs_it_as_a_local_process(project: Project) -> None:
    """No usable engine: asked for containers, told how it goes without."""
    both = LOCAL.format(name="both", port=8765, needs="")
    both += f"image: {project.IMAGE}\ncommand: {json.dumps(['python', '-c', SERVER])}\n"
    project.site.install("both", both)
    project.configure("both: {enabled: true, runtime: docker}")
    place = project.root / "e.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    gone = {"DOCKER_HOST": f"unix://{place}"}
    shown = project.phlo("services", "start", "--only", "both", **gone)
    assert shown.returncode == 6
    assert "error[PHLO-R501]: cannot reach a container engine" in shown.stderr
    assert f"tried: DOCKER_HOST (unix://{place}): connection refused" in shown.stderr
    done = project.phlo("services", "start", "--only", "both", "--json", **gone)
    [error] = project.errors(done)
    command = error["fix"]["command"]
    assert command == "phlo services start --runtime native"
    assert command in shown.stderr
    fixed = project.phlo(*command.split()[1:], "--only", "both", "--no-open", **gone)
    assert fixed.returncode == 0, fixed.stderr
    assert "PHLO-R501" not in fixed.stderr
    [one] = project.json("services", "status")["services"]
    assert (one["name"], one["runtime"], one["state"]) == ("both", "native", "healthy")
    # The other way that is printed: with an engine, it runs as it was asked to.
    assert project.up("both").returncode == 0
    [one] = project.json("services", "status")["services"]
    assert one["runtime"] == "docker"
