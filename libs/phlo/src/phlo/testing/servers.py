"""What tests of a server share: services that use it, and what they are told of it.

A conftest.py takes the fixture in by its name:

    from phlo.testing.servers import reachable
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from phlo.runtime.docker.find import find
from phlo.testing.containers import IMAGE, ContainerProject, docker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONSUMER = """
schema: 1
name: {name}
category: custom
image: {image}
requires: [{{capability: {capability}, as: store, params: {params}}}]
command: [sleep, "3600"]
ready: started
compose: {{init: true}}
native:
  program: self
  processes: {{main: {{command: [{python}, -c, "import time; time.sleep(3600)"]}}}}
"""


@pytest.fixture
def reachable() -> Iterator[ContainerProject]:
    """A project in a folder that every user may enter: root's server runs as another one."""
    folder = Path(tempfile.mkdtemp(prefix="phlo-"))
    folder.chmod(0o755)
    project = ContainerProject(folder / "lake", f"t{folder.name[-6:].lower()}".replace("_", "x"))
    yield project
    project.phlo("services", "reset", "--yes")
    if find(os.environ).host:
        project.clean()
    shutil.rmtree(folder)


def need_image(image: str) -> None:
    """Skip the test where the engine has not this image; where `CI` is set, it fails."""
    if not docker("images", "-q", image):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"docker pull {image}")


def with_consumers(
    project: ContainerProject,
    *names: str,
    capability: str,
    params: Mapping[str, str],
    image: str = IMAGE,
    more: str = "",
    services: Mapping[str, Any] | None = None,
) -> None:
    """Install services that do nothing but to be told of a provider, in the role `store`.

    Args:
        project: Where.
        names: The services.
        capability: What each needs.
        params: What it asks for; `NAME` in a value is the service's name.
        image: Its image, for where it is a container.
        more: Further lines of its service.yaml.
        services: What phlo.yaml says of others.
    """
    for name in names:
        own = {key: value.replace("NAME", name) for key, value in params.items()}
        text = _CONSUMER.format(
            name=name, image=image, capability=capability, params=json.dumps(own),
            python=json.dumps(sys.executable),
        )  # fmt: skip
        project.site.install(name, text + more)
    project.configure(
        json.dumps({name: {"enabled": True} for name in names} | {**(services or {})})
    )


def alone(*names: str) -> dict[str, dict[str, bool]]:
    """Return what phlo.yaml says of services so that of all installed ones only these start."""
    from phlo.plugins.registry import load_services

    installed = load_services().definitions.values()
    left_out = {one.name for one in installed if one.default and str(one.kind) == "service"}
    return {name: {"enabled": False} for name in sorted(left_out - set(names))}


def variables(project: ContainerProject, consumer: str) -> dict[str, str]:
    """Return the variables of a service that runs."""
    done = project.phlo("services", "exec", consumer, "env")
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def port_of(project: ContainerProject, service: str) -> int:
    """Return where this machine reaches a service's primary port."""
    services = {one["name"]: one for one in project.json("services", "status")["services"]}
    return int(services[service]["endpoints"][0]["port"])


def secret(project: ContainerProject, name: str) -> str:
    """Return the value of a secret, such as `postgres.password`."""
    return project.phlo("secrets", "show", name).stdout.strip()


def reset(project: ContainerProject, service: str, *more: str) -> dict[str, list[dict[str, str]]]:
    """Reset a service and return what was said of it."""
    done = project.phlo("services", "reset", service, "--yes", "--json", *more)
    assert done.returncode == 0, done.stderr
    said: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return said
