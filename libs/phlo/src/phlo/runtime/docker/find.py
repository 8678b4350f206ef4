"""Whether a container engine answers: asked at its socket, so that reading commands stay quick."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEFAULT = "unix:///var/run/docker.sock"
_PATIENCE = 2.0
_INSTALL = "install Docker Engine with Compose v2, or Podman with docker-compose"


@dataclass(frozen=True, slots=True)
class Found:
    """A container engine that answers, or where one was looked for."""

    host: str | None
    """Its address, as `DOCKER_HOST` takes it; None: none answers."""
    tried: tuple[str, ...] = ()
    """What was asked, and what came of it."""
    fix: str = ""
    """What brings one up, where none answers."""

    @property
    def is_desktop(self) -> bool:
        """Whether it runs in a machine of its own, which knows this one by a name."""
        return sys.platform == "darwin" or "/.docker/desktop/" in (self.host or "")


def find(environ: Mapping[str, str]) -> Found:
    """Return the engine that the `docker` command would talk to, else Podman's.

    Args:
        environ: The process environment.
    """
    if shutil.which("docker", path=environ.get("PATH")) is None:
        return Found(None, ("the command 'docker' is not on PATH",), _INSTALL)
    tried: list[str] = []
    for label, host in _candidates(environ):
        problem = _problem(host)
        if problem is None:
            return Found(host)
        tried.append(f"{label} ({host}): {problem}")
    return Found(None, tuple(tried), _start_it(tried))


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if host := environ.get("DOCKER_HOST"):
        yield "DOCKER_HOST", host
        return  # whoever names one does not mean another
    name = environ.get("DOCKER_CONTEXT") or _current_context(environ)
    yield f"docker context '{name}'", _host_of(name, environ) or _DEFAULT
    runtime = environ.get("XDG_RUNTIME_DIR")
    podman = Path(runtime or "/run") / "podman" / "podman.sock"
    if podman.exists():
        yield "podman", f"unix://{podman}"


def _folder(environ: Mapping[str, str]) -> Path:
    said = environ.get("DOCKER_CONFIG")
    return Path(said) if said else Path(environ.get("HOME") or "~").expanduser() / ".docker"


def _current_context(environ: Mapping[str, str]) -> str:
    with suppress(OSError, ValueError, AttributeError):
        said = json.loads((_folder(environ) / "config.json").read_bytes()).get("currentContext")
        return str(said or "default")
    return "default"


def _host_of(context: str, environ: Mapping[str, str]) -> str | None:
    if context == "default":
        return None
    import hashlib

    name = hashlib.sha256(context.encode()).hexdigest()
    file = _folder(environ) / "contexts" / "meta" / name / "meta.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(file.read_bytes())["Endpoints"]["docker"]["Host"])
    return None


def _problem(host: str) -> str | None:
    """Return why an engine does not answer; None when it does."""
    if not host.startswith("unix://"):
        return _problem_elsewhere(host)
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(_PATIENCE)
            asked.connect(host.removeprefix("unix://"))
            asked.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
            answer = asked.recv(64)
    except TimeoutError:
        return f"no answer in {_PATIENCE:.0f}s"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None if b" 200" in answer else "it answers, and is no container engine"


def _problem_elsewhere(host: str) -> str | None:
    """Ask by the `docker` command, which knows certificates and ssh."""
    import subprocess

    command = ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "no answer in 5s"
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no answer"])[-1]


def _start_it(tried: list[str]) -> str:
    if any("permission denied" in one for one in tried):
        return "join the group that may use it: sudo usermod -aG docker $USER, then log in again"
    if sys.platform == "darwin":
        return "open -a Docker"
    if any("/.docker/desktop/" in one for one in tried):
        return "systemctl --user start docker-desktop"
    return "sudo systemctl start docker"
