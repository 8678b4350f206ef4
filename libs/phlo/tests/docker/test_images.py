"""Images by their digests: a real engine, and a registry on loopback that can lose what it has."""

from __future__ import annotations

import json
import subprocess
import tomllib
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from phlo.testing.registry import Registry
from phlo.testing.wheels import WheelFolder, make_environment, offline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from phlo.testing.containers import ContainerProject as Project

    Publish = Callable[[str], str]

IMAGE = "python:3.11-slim-bookworm"
STAYS = (
    "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(0)); "
    "print('up', flush=True); time.sleep(600)"
)


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def forget(*images: str) -> None:
    """Remove images from this machine, by all their names."""
    for image in images:
        subprocess.run(["docker", "rmi", "--force", image], capture_output=True, check=False)


@pytest.fixture(scope="module")
def registry(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with Registry(tmp_path_factory.mktemp("images") / "registry") as made:
        yield made


@pytest.fixture(scope="module")
def publish(registry: Registry) -> Iterator[Publish]:
    """Push an image that no other is like, and forget it here."""
    made = []

    def push(name: str) -> str:
        whole = registry.name(name)
        container = docker("create", IMAGE, "true")
        docker("commit", "--change", f"LABEL mark={uuid.uuid4().hex}", container, whole)
        docker("rm", container)
        docker("push", "--quiet", whole)
        made.append(whole)
        docker("rmi", whole)
        return whole

    yield push
    forget(*made, *(f"{one.rpartition(':')[0]}@{digest}" for one in made for digest in known(one)))


def known(image: str) -> list[str]:
    """Return the digests of all images of this repository that are on this machine."""
    repository = image.rpartition(":")[0]
    return docker("images", "--digests", "--format", "{{.Digest}}", repository).split()


def service(image: str, **more: Any) -> str:
    return json.dumps({"tool": {"type": "inline", "image": image,
                                "command": ["python", "-c", STAYS], **more}})  # fmt: skip


def locked(project: Project) -> Any:
    return tomllib.loads((project.root / "phlo.lock").read_text()).get("images", {})


def rendered(project: Project) -> str:
    import yaml

    content = yaml.safe_load((project.root / ".phlo" / "compose.yaml").read_text())
    return str(content["services"]["tool"]["image"])


def platform() -> str:
    return docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")


def test_the_digest_is_locked_and_used(
    project: Project, registry: Registry, publish: Publish
) -> None:
    image = publish("first:1")
    project.configure(service(image))
    assert project.phlo("services", "init").returncode == 0
    assert rendered(project) == image, "nothing was fetched yet"
    done = project.up("tool")
    assert done.returncode == 0, done.stderr
    digest = registry.digest("first:1")
    assert f"note: phlo.lock: image {image}: {digest} for {platform()}" in done.stderr
    assert locked(project) == {image: {platform(): digest}}
    assert rendered(project) == f"{image}@{digest}"
    before = project.inspect("tool")["Id"]
    assert project.up("tool").returncode == 0
    assert project.inspect("tool")["Id"] == before, "it is made once, not once more with a digest"
    frozen = project.phlo("services", "start", "--only", "tool", "--no-open", "--frozen")
    assert frozen.returncode == 0, frozen.stderr


def test_another_machine_gets_the_same_bytes(
    project: Project, registry: Registry, publish: Publish
) -> None:
    image = publish("moved:1")
    project.configure(service(image))
    assert project.up("tool").returncode == 0
    first = registry.digest("moved:1")
    assert project.phlo("services", "reset", "--yes").returncode == 0
    forget(image, f"{image.rpartition(':')[0]}@{first}")
    publish("moved:1")  # the tag means another image from now on
    second = registry.digest("moved:1")
    assert second != first
    assert project.up("tool").returncode == 0
    assert rendered(project) == f"{image}@{first}"
    renewed = project.phlo("services", "start", "--only", "tool", "--no-open", "--pull")
    assert renewed.returncode == 0, renewed.stderr
    assert f"{first} -> {second}" in renewed.stderr
    assert rendered(project) == f"{image}@{second}"
    both = project.phlo("services", "start", "--pull", "--frozen")
    assert both.returncode == 2


def test_what_other_machines_locked_is_kept(
    project: Project, registry: Registry, publish: Publish
) -> None:
    image = publish("shared:1")
    project.configure(service(image))
    assert project.phlo("services", "init").returncode == 0
    lock = project.root / "phlo.lock"
    other = f'[images."{image}"]\n"linux/s390x" = "sha256:{"a" * 64}"\n'
    lock.write_text(f"{lock.read_text()}\n{other}")
    refused = project.phlo("services", "start", "--only", "tool", "--frozen", "--json")
    [error] = project.errors(refused)
    assert (error["code"], refused.returncode) == ("PHLO-L401", 8)
    assert error["related"][0]["message"] == f"image {image} for {platform()}: not locked"
    assert error["fix"]["command"] == "phlo services start"
    assert project.phlo("services", "start", "--only", "tool", "--no-open").returncode == 0
    assert locked(project)[image] == {
        "linux/s390x": f"sha256:{'a' * 64}", platform(): registry.digest("shared:1"),
    }  # fmt: skip
    frozen = ("services", "start", "--only", "tool", "--no-open", "--frozen")
    assert project.phlo(*frozen).returncode == 0


def test_an_image_of_this_machine_alone_is_not_locked(project: Project, registry: Registry) -> None:
    image = f"phlo-tests-{uuid.uuid4().hex[:8]}"
    docker("tag", IMAGE, image)
    try:
        project.configure(service(image))
        done = project.up("tool")
        assert done.returncode == 0, done.stderr
        assert "warning[PHLO-L404]" in done.stderr
        assert (locked(project), rendered(project)) == ({}, image)
        frozen = project.phlo("services", "start", "--only", "tool", "--frozen", "--json")
        [error] = project.errors(frozen)
        assert (error["code"], frozen.returncode) == ("PHLO-L405", 8)
        docker("tag", image, f"{image}:1")
        project.configure(service(f"{image}:1"))  # the fix of the warning
        done = project.up("tool")
        assert (done.returncode, "PHLO-L404" in done.stderr) == (0, False)
    finally:
        project.phlo("services", "reset", "--yes")
        forget(image, f"{image}:1")


def test_latest_is_rendered_with_its_digest(
    project: Project, registry: Registry, publish: Publish
) -> None:
    image = publish("newest:latest").removesuffix(":latest")
    project.configure(service(image))
    waits = project.phlo("services", "init")
    assert "warning[PHLO-L404]" in waits.stderr
    assert "phlo services start tool" in waits.stderr
    done = project.up("tool")  # the fix of the warning
    assert done.returncode == 0, done.stderr
    assert "PHLO-L404" not in done.stderr
    assert rendered(project) == f"{image}@{registry.digest('newest:latest')}"


def test_an_image_for_other_processors(
    project: Project, registry: Registry, publish: Publish
) -> None:
    wrong, right = publish("wrong:1"), publish("right:1")
    registry.only_for("wrong:1", "s390x" if not platform().endswith("s390x") else "amd64")
    project.configure(service(wrong))
    done = project.phlo("services", "start", "--only", "tool", "--json")
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-N702", 11)
    assert "is not there for this machine's platform" in error["message"]
    assert "{image: NAME:TAG}" in error["fix"]["text"]
    project.configure(service(right))
    assert project.up("tool").returncode == 0


def test_a_registry_that_does_not_answer_is_no_engine_that_is_gone(
    project: Project, tmp_path: Path
) -> None:
    with Registry(tmp_path / "registry") as made:
        image = made.name("nothing:1")
    project.configure(service(image))
    done = project.phlo("services", "start", "--only", "tool", "--json")
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-N702", 11)
    assert "its registry does not answer" in error["message"]


PACKAGE = """
schema: 1
name: tool
category: catalog
description: A tool
default: true
image: IMAGE
command: COMMAND
ready: started
ports: {api: {container: 9000, host: 9000, protocol: http, primary: true}}
provides: [{capability: iceberg.catalog/rest, port: api, priority: 50}]
"""


class Lake:
    """A project with an environment of its own, and packages in a folder of wheels."""

    def __init__(self, folder: Path, name: str) -> None:
        self.root = folder / "lake"
        self.root.mkdir()
        self.python = make_environment(folder / "env")
        self.wheels = WheelFolder(folder / "wheels")
        self.environ = offline(folder / "cache")
        text = f"name: {name}\nindex: {self.wheels.index}\n"
        (self.root / "phlo.yaml").write_text(text)

    def phlo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), "-m", "phlo", *arguments], cwd=self.root, env=self.environ,
            capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def build(self, image: str, version: str) -> None:
        text = PACKAGE.replace("IMAGE", image)
        text = text.replace("COMMAND", json.dumps(["python", "-c", STAYS]))
        self.wheels.build("tool", text, version=version)


def test_an_image_that_its_publisher_removed(
    registry: Registry, publish: Publish, tmp_path: Path
) -> None:
    """Scenario 12: the printed fix installs the version that uses another image, and it starts."""
    old, new = publish("publisher/tool:1"), publish("elsewhere/tool:2")
    lake = Lake(tmp_path, f"t{uuid.uuid4().hex[:8]}")
    start = ("services", "start", "--only", "tool", "--no-open", "--no-wait")
    try:
        lake.build(old, "1.0.0")
        assert lake.phlo("add", "tool").returncode == 0
        done = lake.phlo(*start)
        assert done.returncode == 0, done.stderr
        digest = registry.digest("publisher/tool:1")
        assert lake.phlo("services", "reset", "--yes").returncode == 0
        forget(old, f"{old.rpartition(':')[0]}@{digest}")
        registry.remove("publisher/tool")
        lake.build(new, "1.1.0")
        lake.wheels.build("other", PACKAGE.replace("tool", "other").replace("COMMAND", "[x]"))

        done = lake.phlo(*start)
        assert done.returncode == 11, done.stderr
        said = done.stderr
        assert f"error[PHLO-N702]: image '{old}' cannot be pulled: its registry does not" in said
        assert "used by: tool (phlo-tool 1.0.0 service.yaml:7:" in said
        assert f"phlo.lock: {digest} is not in its registry" in said
        assert "its publisher removed it" in said
        assert f"fix: phlo upgrade tool          (1.1.0 uses {new})" in said
        assert "phlo swap tool other" in said

        assert lake.phlo("upgrade", "tool").returncode == 0
        done = lake.phlo(*start)
        assert done.returncode == 0, done.stderr
        assert f"image {new}: {registry.digest('elsewhere/tool:2')}" in done.stderr
    finally:
        lake.phlo("services", "reset", "--yes")
