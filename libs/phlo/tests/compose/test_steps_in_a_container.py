"""A container that runs the project's steps: its image, its mounts, and whom it reaches where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from phlo.compose.container import native_needs
from phlo.compose.host import host_environment
from phlo.compose.render import render
from phlo.testing.composing import MACHINE, stack

LAKE = """
name: lake
kind: embedded
default: true
provides: [{capability: storage.folder}]
requires: [{capability: object-store.s3, as: warehouse, params: {bucket: lake}, optional: true}]
"""
STORE = """
name: store
category: storage
default: true
image: store:1
ports: {s3: {container: 8333, host: 9333, primary: true, protocol: http}}
provides: [{capability: object-store.s3, port: s3, properties: {endpoint: "{url}", bucket: b}}]
ready: started
native: {processes: {main: {command: [store]}}}
"""
RUNNER = """
name: runner
category: orchestrator
default: true
build: {context: ., dockerfile: files/Dockerfile, packages: true}
ports: {ui: {container: 3000, host: 3000, primary: true, protocol: http}}
ready: started
"""
PROJECT = "name: lake\nservices: {{store: {{runtime: {runtime}}}}}\n"


def made(runtime: str, *, inside: bool = False) -> Any:
    machine = replace(MACHINE, is_container=inside, gateway="phlo-host")
    return stack(PROJECT.format(runtime=runtime), (LAKE, STORE, RUNNER), machine=machine)


def container(runtime: str = "docker") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(render(made(runtime)).compose)["services"]["runner"]
    return found


def test_its_image_is_built_of_a_copy_that_has_the_packages() -> None:
    assert container()["build"] == {
        "context": "/home/ann/lake/.phlo/build/runner", "dockerfile": "files/Dockerfile",
    }  # fmt: skip


def test_it_has_the_projects_folder_at_its_own_path_and_writes_as_the_person() -> None:
    root = "/home/ann/lake"
    assert container()["volumes"] == [{"type": "bind", "source": root, "target": root}]
    assert container()["user"] == "${PHLO_USER:-0:0}"


@pytest.mark.parametrize(
    ("runtime", "seen"),
    [("docker", ("store", "8333")), ("native", ("phlo-host", "9333"))],
)
def test_a_step_in_it_reaches_what_the_lake_is_bound_to(
    runtime: str, seen: tuple[str, str]
) -> None:
    host, port = seen
    inside = made(runtime, inside=True)
    [bound] = inside.services["lake"].bindings
    assert bound.properties["endpoint"] == f"http://{host}:{port}"
    told = host_environment(inside)
    assert (told["STORE_HOST"], told["STORE_PORT"]) == (host, port)
    outside = host_environment(made(runtime))
    assert (outside["STORE_HOST"], outside["STORE_PORT"]) == ("127.0.0.1", "9333")


def test_local_processes_are_relayed_to_it_though_it_names_none_of_them() -> None:
    native = made("native")
    assert native_needs(native, native.services["runner"]) == ["store"]
    assert set(container("native")["extra_hosts"]) >= {"phlo-host"}
    assert "extra_hosts" not in container()
