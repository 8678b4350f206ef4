"""Containers that follow their source: what a person saves is seen in the container."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phlo.testing.containers import ContainerProject as Project
    from phlo.testing.containers import Make

IMAGE = "python:3.11-slim-bookworm"
PATIENCE = 60.0


def until(is_so: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"not in {PATIENCE:.0f}s: {what}"
        time.sleep(0.1)


def save(file: Path, text: str) -> None:
    """Write a file as editors do: a new one in its place."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    os.replace(new, file)  # noqa: PTH105 - the call that editors make


def get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:  # between its end and its next start
        return ""


def watchers(project: Project) -> list[int]:
    """Return the processes that watch for this project."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "watch" in words and project.name in words:
            found.append(process.pid)
    return found


@pytest.fixture(scope="module")
def live(make_project: Make) -> Project:
    """A package as `phlo plugin create` writes it, installed editable, in development."""
    project = make_project()
    done = project.phlo("plugin", "create", "clock", "--type", "service")
    assert done.returncode == 0, done.stderr
    project.sources = [project.root / "phlo-clock" / "src"]
    project.site.install("clock", None, source=project.sources[0])
    done = project.phlo("services", "start", "--only", "clock", "--dev", "--no-open")
    assert done.returncode == 0, done.stderr
    assert "clock" in done.stderr
    assert "follows its source" in done.stderr
    return project


def source(project: Project) -> Path:
    return project.root / "phlo-clock" / "src" / "phlo_clock"


def url(project: Project) -> str:
    return project.phlo("services", "open", "clock", "--no-browser").stdout.strip()


def test_a_saved_file_is_seen_in_the_container(live: Project) -> None:
    at, file = url(live), source(live) / "server.py"
    assert json.loads(get(at)) == {"service": "clock"}
    before = live.inspect("clock")["Id"]
    save(file, file.read_text().replace('{"service": "clock"}', '{"service": "edited"}'))
    until(lambda: "edited" in get(at), "the edited answer")
    assert live.inspect("clock")["Id"] == before
    until(lambda: live.states() == {"clock": "healthy"}, "a healthy container")
    log = (live.root / ".phlo" / "logs" / "phlo-watch.log").read_text()
    assert "restarted" in log


def test_a_changed_dockerfile_builds_the_image_anew(live: Project) -> None:
    before = live.inspect("clock")
    dockerfile = source(live) / "Dockerfile"
    save(dockerfile, dockerfile.read_text().replace("EXPOSE", "ENV EDITED=yes\nEXPOSE"))

    def is_new() -> bool:
        there = live.docker("ps", "-q", "--filter", f"name={live.name}-clock-1", "--no-trunc")
        return bool(there) and there != before["Id"]

    until(is_new, "a new container")
    after = live.inspect("clock")
    assert after["Image"] != before["Image"]
    assert "EDITED=yes" in after["Config"]["Env"]
    until(lambda: live.states() == {"clock": "healthy"}, "a healthy container")
    assert after["HostConfig"]["PortBindings"] == before["HostConfig"]["PortBindings"]


def test_a_later_command_goes_on_following(live: Project) -> None:
    [*before] = watchers(live)
    assert before
    assert live.up("clock").returncode == 0
    assert sorted(watchers(live)) == sorted(before)
    assert "phlo-watch" not in live.phlo("services", "status").stdout


def test_a_watcher_that_dies_is_started_again(live: Project) -> None:
    before = watchers(live)
    for pid in before:
        psutil.Process(pid).kill()
    until(lambda: watchers(live) and not set(watchers(live)) & set(before), "a new watcher")


def test_stopping_the_service_stops_the_watch(live: Project) -> None:
    assert live.phlo("services", "stop", "clock").stdout == ""
    until(lambda: not watchers(live), "no watcher")
    assert live.states() == {"clock": "stopped"}
    assert live.up("clock").returncode == 0
    assert watchers(live)


def test_out_of_development_nothing_is_watched(live: Project) -> None:
    done = live.phlo("services", "start", "--only", "clock", "--no-dev", "--no-open")
    assert done.returncode == 0, done.stderr
    assert watchers(live) == []
    assert "follows its source" not in done.stderr


def test_stop_leaves_no_watcher(live: Project) -> None:
    started = live.phlo("services", "start", "--only", "clock", "--dev", "--no-open")
    assert started.returncode == 0, started.stderr
    assert watchers(live)
    assert live.phlo("services", "stop").returncode == 0
    assert watchers(live) == []


MOUNTED = {
    "type": "inline", "image": IMAGE, "command": ["python", "-u", "/src/app.py"],
    "volumes": ["./src:/src:ro"], "ready": "started",
}  # fmt: skip
APP = """
import signal, sys
signal.signal(15, lambda *_: sys.exit(0))
print("version one")
signal.pause()
"""


def test_what_is_mounted_starts_again_and_what_is_copied_is_copied(project: Project) -> None:
    project.write("src/app.py", APP)
    project.write("conf/limits", "1\n")
    other = {
        "type": "inline", "image": IMAGE, "ready": "started", "command": project.STAYS,
        "watch": [
            {"path": "conf", "target": "/etc/conf", "action": "sync+exec",
             "exec": ["sh", "-c", "cp /etc/conf/limits /tmp/seen"]},
        ],
    }  # fmt: skip
    project.configure(json.dumps({"mounted": MOUNTED, "other": other}), "dev: [mounted, other]\n")
    assert project.up("mounted", "other").returncode == 0
    save(project.root / "src" / "app.py", APP.replace("one", "two"))
    save(project.root / "conf" / "limits", "2\n")
    logs = lambda: project.phlo("services", "logs", "mounted").stdout  # noqa: E731
    until(lambda: "version two" in logs(), "the mounted program's second version")
    seen = ("services", "exec", "other", "cat", "/tmp/seen")
    until(lambda: project.phlo(*seen).stdout == "2\n", "the copied file")
    assert project.phlo("services", "stop", "mounted").returncode == 0
    assert watchers(project)  # for the other one
    save(project.root / "src" / "app.py", APP)
    save(project.root / "conf" / "limits", "3\n")
    until(lambda: project.phlo(*seen).stdout == "3\n", "the copied file again")
    assert project.states() == {"mounted": "stopped", "other": "healthy"}


def test_a_reset_takes_the_built_image_with_it(live: Project) -> None:
    image = live.inspect("clock")["Config"]["Image"]
    assert live.docker("images", "-q", image)
    done = live.phlo("services", "reset", "--yes")
    assert done.returncode == 0
    assert f"removed image {image}" in done.stderr
    # Those that were built before are nameless by now.
    built = f"label=com.docker.compose.project={live.name}"
    assert live.docker("images", "-q", "--filter", built) == ""
    assert live.up("clock").returncode == 0
    assert live.states() == {"clock": "healthy"}
