"""Jobs that belong to a service: done once it is ready, before anybody uses it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject as Project

#: Serves a folder; `/bucket` is there only once the job has made it.
SERVE = "import http.server, os, signal, sys; signal.signal(15, lambda *_: sys.exit(0)); "
STORE = """
schema: 1
name: store
category: storage
ports: {{http: {{container: 8770, host: 8770, primary: true, protocol: http}}}}
settings: {{token: {{type: secret, generate: {{length: 24}}, env: STORE_TOKEN}}}}
provides: [{{capability: x.store, port: http, ready: [self, store-setup]}}]
healthcheck: {{http: /, interval: 1s}}
jobs:
  setup:
    environment: {{BUCKET: lake}}
    command: {setup}
    native: {{command: {setup_native}}}
image: python:3.11-slim-bookworm
volumes: {{/data: {{source: data, data: true}}}}
command: {serve}
native:
  program: self
  processes: {{main: {{command: {serve_native}}}}}
"""
#: Fails where the job was not done before it began.
USER = """
schema: 1
name: user
category: custom
requires: [{{capability: x.store, as: store}}]
ports: {{http: {{container: 8771, host: 8771, primary: true, protocol: http}}}}
healthcheck: {{http: /, interval: 1s}}
image: python:3.11-slim-bookworm
command: {use}
native:
  program: self
  processes: {{main: {{command: {use_native}}}}}
"""
SERVER = """
import http.server, os, pathlib, signal, sys
signal.signal(15, lambda *_: sys.exit(0))
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *a): super().__init__(*a, directory=str(folder))
    def do_PUT(self):
        assert self.headers["token"] == os.environ["STORE_TOKEN"]
        with open(folder / self.path.strip("/"), "a") as file: file.write("made\\n")
        self.send_response(201); self.end_headers()
http.server.ThreadingHTTPServer((sys.argv[2], int(sys.argv[3])), Handler).serve_forever()
"""
SETUP = """
import os, time, urllib.request
time.sleep(2)
url = f"http://{os.sys.argv[1]}/{os.environ['BUCKET']}"
ask = urllib.request.Request(url, method="PUT", headers={"token": os.environ["STORE_TOKEN"]})
urllib.request.urlopen(ask, timeout=10)
print("setup of", os.environ["BUCKET"], "is done")
"""
USE = """
import http.server, os, signal, sys, urllib.request
signal.signal(15, lambda *_: sys.exit(0))
print("found", urllib.request.urlopen(os.environ["STORE_URL"] + "/lake", timeout=10).read())
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[2]), bind=sys.argv[1])
"""


def install(project: Project) -> None:
    def run(python: str, code: str, *more: str) -> str:
        escaped = code.strip().replace("{", "{{").replace("$", "$$")
        return json.dumps([python, "-u", "-c", escaped, *more])

    here, there = sys.executable, "python"
    project.site.install("store", STORE.format(
        setup=run(there, SETUP, "{host}:{port}"), setup_native=run(here, SETUP, "{host}:{port}"),
        serve=run(there, SERVER, "/data", "0.0.0.0", "{port.http}"),
        serve_native=run(here, SERVER, "{home}/data", "{bind}", "{port.http}"),
    ))  # fmt: skip
    project.site.install("user", USER.format(
        use=run(there, USE, "0.0.0.0", "{port.http}"),
        use_native=run(here, USE, "{bind}", "{port.http}"),
    ))  # fmt: skip


def made(project: Project) -> str:
    """Return what the job has put into the store, by the store itself."""
    import urllib.request

    url = project.phlo("services", "open", "store", "--no-browser").stdout.strip()
    with urllib.request.urlopen(f"{url.rstrip('/')}/lake", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def configure(project: Project, store: str, user: str, **job: object) -> None:
    services = {"store": {"runtime": store}, "user": {"enabled": True, "runtime": user}}
    if job:
        services["store-setup"] = job  # type: ignore[assignment]
    project.configure(json.dumps(services))


@pytest.mark.parametrize(
    ("store", "user"),
    [("docker", "docker"), ("native", "native"), ("docker", "native"), ("native", "docker")],
)
def test_from_the_first_start_to_the_reset(project: Project, store: str, user: str) -> None:
    install(project)
    configure(project, store, user)
    done = project.up("user")
    assert done.returncode == 0, done.stderr
    all_done = {"store": "healthy", "store-setup": "healthy", "user": "healthy"}
    assert project.states() == all_done
    logs = project.phlo("services", "logs", "user").stdout
    assert "found b'made\\n'" in logs
    assert "setup of lake is done" in project.phlo("services", "logs", "store").stdout

    shown = project.phlo("services", "status").stdout.splitlines()
    names = [line.split()[2:4] for line in shown[1:]]
    assert ["└", "store-setup"] in names
    assert names[names.index(["└", "store-setup"]) - 1][0] == "store"
    listed = project.json("services", "list")["services"]
    assert [one["parent"] for one in listed if one["service"] == "store-setup"] == ["store"]

    # Once is enough, whatever is stopped in between.
    assert project.up("user").returncode == 0
    assert project.phlo("services", "stop").returncode == 0
    assert project.up("user").returncode == 0
    assert made(project) == "made\n"

    # What it is told is another thing now: it is done again.
    configure(project, store, user, environment={"AGAIN": "yes"})
    assert project.up("user").returncode == 0
    assert made(project) == "made\nmade\n"

    # Without its data, it is to be done again as well; only what belongs to the service goes.
    assert project.phlo("services", "reset", "store", "--yes").returncode == 0
    assert project.up("user").returncode == 0
    assert made(project) == "made\n"

    # Disabled with its service, and by itself.
    configure(project, store, user, enabled=False)
    assert project.up("store").returncode == 0
    assert project.states() == {"store": "healthy"}


def test_a_job_that_fails_is_told_and_nobody_begins(project: Project) -> None:
    install(project)
    wrong = ["python", "-c", "import sys; print('no bucket for you'); sys.exit(3)"]
    configure(project, "docker", "docker", command=wrong)
    done = project.phlo("services", "start", "--no-open", "--only", "user", "--json")
    assert done.returncode == 9
    failed, waiting = project.errors(done)
    assert "'store-setup'" in failed["message"]
    assert "no bucket for you" in json.dumps(failed["related"])
    assert "'user'" in waiting["message"]


def test_a_local_job_that_fails_is_told_and_nobody_begins(project: Project) -> None:
    install(project)
    wrong = {"command": [sys.executable, "-c", "import sys; print('no bucket'); sys.exit(3)"]}
    configure(project, "native", "native", native=wrong)
    done = project.phlo("services", "start", "--no-open", "--only", "user", "--json")
    assert done.returncode == 9
    [failed] = project.errors(done)
    assert "store-setup" in failed["message"]
    assert "no bucket" in json.dumps(failed["related"])
    assert project.states()["user"] == "waiting"
