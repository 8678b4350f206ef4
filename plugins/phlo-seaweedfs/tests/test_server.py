"""A real server on each runtime: its consumers have what is their own, and nothing else."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from phlo.testing.containers import ContainerProject
from phlo.testing.servers import (
    alone,
    need_image,
    port_of,
    reset,
    secret,
    variables,
    with_consumers,
)
from phlo.testing.stores import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.testing.containers import Make

IMAGE = "chrislusf/seaweedfs:4.48"
START = ("services", "start", "--no-open", "--only", "alpha", "--only", "beta")
REFUSED = (
    r"SIGNATURE_DOES_NOT_MATCH|INVALID_ACCESS_KEY_ID|ACCESS_DENIED|AccessDenied"
    r"|SignatureDoesNotMatch|InvalidAccessKeyId|40[03]"
)


def prepare(project: ContainerProject, runtime: str) -> None:
    """Two local services that use the store, and the store where it is asked to be."""
    services = {name: {"enabled": True, "runtime": "native"} for name in ("alpha", "beta")}
    with_consumers(
        project, "alpha", "beta", capability="object-store.s3", params={"bucket": "b-NAME"},
        services={**alone("seaweedfs"), **services, "seaweedfs": {"runtime": runtime}},
    )  # fmt: skip


def start(project: ContainerProject) -> None:
    done = project.phlo(*START)
    assert done.returncode == 0, done.stderr


def store(project: ContainerProject, consumer: str) -> Store:
    return Store.told(variables(project, consumer))


def server(project: ContainerProject) -> psutil.Process:
    services = project.json("services", "status")["services"]
    return psutil.Process(next(one["pid"] for one in services if one["name"] == "seaweedfs"))


def status(url: str, method: str = "GET") -> int:
    """What a server answers somebody who shows no key."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as said:
            return int(said.status)
    except urllib.error.HTTPError as error:
        return error.code


class Days:
    """The order of these tests is that of a person's days with it."""

    def test_each_consumer_has_its_own_bucket_and_no_other(self, running: ContainerProject) -> None:
        alpha, beta = store(running, "alpha"), store(running, "beta")
        assert (alpha.bucket, beta.bucket) == ("b-alpha", "b-beta")
        assert alpha.password != beta.password
        alpha.put("folder/one", b"1" * 100_000)
        beta.put("two", b"2")
        assert (alpha.get("folder/one"), beta.get("two")) == (b"1" * 100_000, b"2")
        assert alpha.names() == ["folder/one"]
        thief = alpha.of(beta)
        for steal in (thief.names, lambda: thief.get("two"), lambda: thief.put("three", b"3")):
            with pytest.raises(OSError, match=REFUSED):
                steal()
        with pytest.raises(OSError, match=REFUSED):
            thief.files().delete_file("b-beta/two")
        with pytest.raises(OSError, match=REFUSED):
            replace(alpha, bucket="b-mine").make()
        assert beta.names() == ["two"]

    def test_wrong_keys_and_none_are_refused(self, running: ContainerProject) -> None:
        alpha = store(running, "alpha")
        wrong = (replace(alpha, password="x" * 32), replace(alpha, user="nobody"))
        for one in (*wrong, replace(alpha, user="phlo", password="phlo")):
            with pytest.raises(OSError, match=REFUSED):
                one.get("folder/one")
        for path in ("/", "/b-alpha", "/b-alpha/folder/one"):
            assert status(alpha.endpoint + path) == 403
        assert status(f"{alpha.endpoint}/b-alpha/new", "PUT") == 403

    def test_the_person_may_do_everything(self, running: ContainerProject) -> None:
        alpha = store(running, "alpha")
        password = secret(running, "seaweedfs.password")
        person = replace(alpha, user="phlo", password=password)
        assert person.get("folder/one") == b"1" * 100_000
        assert person.of(store(running, "beta")).names() == ["two"]

    def test_data_stays_over_a_stop(self, running: ContainerProject) -> None:
        keys = {name: store(running, name).password for name in ("alpha", "beta")}
        assert running.phlo("services", "stop").returncode == 0
        start(running)
        assert {name: store(running, name).password for name in keys} == keys
        assert store(running, "alpha").get("folder/one") == b"1" * 100_000

    def test_a_new_password_is_taken_at_the_next_start(self, running: ContainerProject) -> None:
        alpha, old = store(running, "alpha"), secret(running, "seaweedfs.password")
        done = running.phlo("secrets", "rotate", "seaweedfs.password")
        assert done.returncode == 0, done.stderr
        start(running)
        new = secret(running, "seaweedfs.password")
        assert new != old
        # A container that was made anew may have another port on this machine.
        person = replace(store(running, "alpha"), user="phlo", password=new)
        assert person.get("folder/one") == b"1" * 100_000
        with pytest.raises(OSError, match=REFUSED):
            replace(person, password=old).get("folder/one")
        assert store(running, "alpha").password == alpha.password

    def test_what_was_reset_is_put_back(self, running: ContainerProject) -> None:
        [snapshot] = reset(running, "seaweedfs")["snapshots"]
        start(running)
        assert store(running, "alpha").names() == []
        reset(running, "seaweedfs", "--restore", snapshot["file"])
        start(running)
        assert store(running, "alpha").get("folder/one") == b"1" * 100_000
        assert store(running, "beta").names() == ["two"]


@pytest.mark.docker
class TestInAContainer(Days):
    @pytest.fixture(scope="class")
    @staticmethod
    def running(make_project: Make) -> ContainerProject:
        project = make_project()
        need_image(IMAGE)
        prepare(project, "docker")
        start(project)
        return project


@pytest.mark.embedded
class TestAsALocalProcess(Days):
    @pytest.fixture(scope="class")
    @staticmethod
    def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerProject]:
        project = ContainerProject(tmp_path_factory.mktemp("lake"), "weed")
        prepare(project, "native")
        start(project)
        yield project
        project.phlo("services", "reset", "--yes", "--no-snapshot")

    def test_its_parts_ask_for_a_key(self, running: ContainerProject) -> None:
        """Whoever reaches the filer's or the volume's port gets nothing by it."""
        given = dict(word.split("=", 1) for word in server(running).cmdline() if "=" in word)
        filer = f"http://127.0.0.1:{given['-filer.port']}"
        volume = f"http://127.0.0.1:{given['-volume.port']}"
        assert status(f"{filer}/buckets/b-alpha/folder/one") == 401
        assert status(f"{filer}/buckets/b-alpha/new", "PUT") == 401
        assert status(f"{filer}/buckets/b-alpha/folder/one", "DELETE") == 401
        assert status(f"{volume}/1,01637037d6") == 401

    def test_data_stays_over_a_kill(self, running: ContainerProject) -> None:
        alpha = store(running, "alpha")
        alpha.put("last", b"written a moment before")
        server(running).kill()
        running.phlo("services", "wait", "seaweedfs", "--timeout", "60")
        start(running)
        assert alpha.get("last") == b"written a moment before"
        assert alpha.get("folder/one") == b"1" * 100_000

    def test_a_second_project_shares_nothing(
        self, running: ContainerProject, reachable: ContainerProject
    ) -> None:
        prepare(reachable, "native")
        start(reachable)
        first, second = store(running, "alpha"), store(reachable, "alpha")
        assert port_of(running, "seaweedfs") != port_of(reachable, "seaweedfs")
        assert first.password != second.password
        second.put("other", b"of the other")
        assert "other" not in first.names()
        for stranger in (
            replace(first, endpoint=second.endpoint),
            replace(second, endpoint=first.endpoint),
        ):
            with pytest.raises(OSError, match=REFUSED):
                stranger.names()
        assert reachable.phlo("services", "stop").returncode == 0
        assert first.get("folder/one") == b"1" * 100_000
