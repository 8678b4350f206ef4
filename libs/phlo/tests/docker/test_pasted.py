"""The examples that people paste, as they are written, all in one project on a real engine."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.testing.containers import ContainerProject as Project
    from phlo.testing.containers import Make

#: Stands for Trino until its own package is there: a server at 8080.
TRINO = """
schema: 1
name: trino
category: query_engine
description: A query engine
default: true
image: python:3.11-slim-bookworm
ports: {{http: {{container: 8080, host: 8080, primary: true, protocol: http}}}}
healthcheck: {{http: /, interval: 1s}}
command: {command}
"""
SUPERSET = """
schema: 1
name: superset
category: bi
description: Dashboards
default: true
image: example.org/not/to/be/pulled:1
ports: {http: {container: 8088, host: 8088, primary: true, protocol: http}}
healthcheck: {http: /health}
"""
#: What is pasted, to the letter; the image's own command stands for the person's program.
PASTED = """\
name: {name}
services:
  superset:
    enabled: false

  observatory:
    port: 8080
    environment:
      CUSTOM_FEATURE: "enabled"

  custom-api:
    type: inline
    image: {image}
    ports: ["4000:4000"]
    depends_on: [trino]
"""
SERVES = (
    "import http.server, signal, sys; signal.signal(15, lambda *_: sys.exit(0));\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.end_headers(); self.wfile.write(b'{word}')\n"
    "http.server.ThreadingHTTPServer(('', {port}), Handler).serve_forever()"
)
NAMES = ("observatory", "phlo-api", "custom-api")


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def until_free(*ports: int) -> None:
    """Wait for ports that the examples name; without them, there is nothing to see."""
    end = time.monotonic() + 120
    while taken := {c.laddr.port for c in psutil.net_connections("tcp")
                    if c.status == "LISTEN" and c.laddr.port in ports}:  # fmt: skip
        if time.monotonic() > end:
            refuse = pytest.fail if os.environ.get("CI") else pytest.skip
            refuse(f"another program listens at {sorted(taken)}")
        time.sleep(1)


@pytest.fixture(scope="module")
def pasted(make_project: Make) -> Iterator[Project]:
    until_free(4000, 8080)
    project = make_project()
    image = f"phlo-tests/custom-api:{project.name}"
    command = json.dumps(["python", "-c", SERVES.format(word="custom", port=4000)])
    project.write("image/Dockerfile", f"FROM {project.IMAGE}\nCMD {command}\n")
    project.docker("build", "-q", "-t", image, str(project.root / "image"))
    serve = ["python", "-c", SERVES.format(word="trino", port=8080)]
    project.site.install("trino", TRINO.format(command=json.dumps(serve)))
    project.site.install("superset", SUPERSET)
    text = PASTED.format(name=project.name, image=image)
    (project.root / "phlo.yaml").write_text(text)
    # The test packages are on no path of a real environment: phlo-api is told of them.
    local = {"services": {"phlo-api": {"environment": {"PYTHONPATH": str(project.site.folder)}}}}
    (project.root / "phlo.local.yaml").write_text(json.dumps(local))
    yield project
    project.clean()
    project.docker("image", "rm", "-f", image)


@pytest.fixture(scope="module")
def printed(pasted: Project) -> str:
    """What the first start prints."""
    done = pasted.up(*NAMES)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def addresses(project: Project) -> dict[str, str]:
    found = project.json("services", "status")["services"]
    return {one["name"]: one["endpoints"][0]["url"] for one in found if one["endpoints"]}


def test_the_floating_side_moves_and_is_told(pasted: Project, printed: str) -> None:
    at = addresses(pasted)
    trino, api = (int(at[name].rpartition(":")[2]) for name in ("trino", "phlo-api"))
    assert at["observatory"] == "http://127.0.0.1:8080"
    assert at["custom-api"].endswith("127.0.0.1:4000")
    assert trino != 8080
    assert api != 4000
    assert (
        f"'trino.http' is at port {trino}: 8080, its default, is taken by 'observatory." in printed
    )
    assert f"at port {api}: 4000, its default, is taken by 'custom-api." in printed
    assert "'trino' is taken in: 'custom-api' depends on it" in printed


def test_each_answers(pasted: Project, printed: str) -> None:
    assert "trino" in printed
    at = addresses(pasted)
    assert get(at["trino"]) == "trino"
    assert get("http://127.0.0.1:4000") == "custom"
    assert "<html" in get(at["observatory"]).lower()
    assert get(f"{at['phlo-api']}/api/v1/healthz")
    states = pasted.states()
    assert {states[name] for name in (*NAMES, "trino")} == {"healthy"}


def test_the_one_that_is_depended_on_is_reached_by_its_name(pasted: Project, printed: str) -> None:
    assert "custom-api" in printed
    ask = "import urllib.request as u; print(u.urlopen('http://trino:8080', timeout=5).read())"
    done = pasted.phlo("services", "exec", "custom-api", "python", "-c", ask)
    assert done.stdout == "b'trino'\n"
    trino, custom = (pasted.inspect(name)["State"]["StartedAt"] for name in ("trino", "custom-api"))
    assert trino < custom


def test_a_variable_of_ones_own_is_there(pasted: Project, printed: str) -> None:
    assert "observatory" in printed
    done = pasted.phlo("services", "exec", "observatory", "env")
    assert "CUSTOM_FEATURE=enabled" in done.stdout.splitlines()


def test_what_is_disabled_is_not_there_and_the_line_is_named(pasted: Project, printed: str) -> None:
    assert "superset" not in printed
    assert "superset" not in pasted.states()
    rows = pasted.json("services", "list", "--all")["services"]
    [superset] = [row for row in rows if row["service"] == "superset"]
    assert superset["why"] == "does not run: disabled at phlo.yaml:4:14"
    rendered = (pasted.root / ".phlo" / "compose.yaml").read_text()
    assert "not/to/be/pulled" not in rendered


def test_the_ports_stay_where_they_are(pasted: Project, printed: str) -> None:
    before = addresses(pasted)
    assert "phlo-api" in printed
    assert pasted.phlo("services", "stop").returncode == 0
    assert pasted.up(*NAMES).returncode == 0
    assert addresses(pasted) == before


def test_strictly_it_is_an_error_at_the_line(pasted: Project, printed: str) -> None:
    assert printed
    names = [part for name in NAMES for part in ("--only", name)]
    done = pasted.phlo("services", "start", "--strict-ports", "--json", *names)
    errors = pasted.errors(done)
    assert done.returncode == 7
    assert {e["code"] for e in errors} == {"PHLO-X301"}
    assert {e["line"] for e in errors} == {7, 14}


def test_what_is_not_installed_may_be_disabled_too(pasted: Project) -> None:
    for info in pasted.site.folder.glob("phlo_superset-*.dist-info/entry_points.txt"):
        info.unlink()
    done = pasted.phlo("config", "validate")
    assert done.returncode == 0, done.stderr
