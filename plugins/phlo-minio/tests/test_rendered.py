"""What phlo renders of it: a pinned image, loopback, references to secrets; which store it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.model.options import Options
from phlo.model.service import Installed
from phlo.model.yaml_text import parse_yaml
from phlo.plugins.registry import load_services
from phlo.testing.composing import MACHINE

if TYPE_CHECKING:
    from phlo.model.options import Machine
    from phlo.model.stack import Stack

NO_DOCKER = replace(MACHINE, docker=False, no_docker="no container engine answers")


def composed(machine: Machine = MACHINE, said: str = "name: lake\n", *others: str) -> Stack:
    """The real packages, on a machine of one's choice."""
    there = load_services().definitions
    chosen = {name: there[name] for name in ("lake", "minio", *others) if name in there}
    return compose_stack([parse_yaml(said, "phlo.yaml")], Installed(chosen), Options(), {}, machine)


@pytest.fixture
def container() -> dict[str, Any]:
    text = render(composed(), lambda path: "").compose
    service: dict[str, Any] = yaml.safe_load(text or "")["services"]["minio"]
    return service


def test_the_image_is_pinned_by_tag_and_digest(container: dict[str, Any]) -> None:
    name, _, digest = container["image"].partition("@")
    assert name.rpartition(":")[2] == "RELEASE.2025-09-07T16-13-09Z"
    assert digest.startswith("sha256:")
    assert not name.startswith(("docker.io", "minio/")), "Docker Hub does not serve it any more"


def test_it_is_published_on_loopback_alone(container: dict[str, Any]) -> None:
    assert container["ports"] == ["127.0.0.1:9000:9000", "127.0.0.1:9001:9001"]


def test_its_password_is_a_reference(container: dict[str, Any]) -> None:
    environment = container["environment"]
    assert environment["MINIO_ROOT_PASSWORD"] == "${PHLO_SECRET_MINIO_PASSWORD}"
    assert environment["MINIO_ROOT_USER"] == "phlo"


def test_the_tables_are_told_a_bucket_and_keys_of_their_own() -> None:
    [binding] = composed().services["lake"].bindings
    assert binding.properties == binding.properties | {
        "endpoint": "http://127.0.0.1:9000", "bucket": "lake", "user": "lake-warehouse",
        "password": "${PHLO_SECRET_MINIO_FOR_LAKE_WAREHOUSE}", "path_style": "true",
    }  # fmt: skip


def test_a_new_password_is_no_fault_of_the_volume() -> None:
    text = render(composed(), lambda path: "").compose
    assert "phlo.secret" not in (text or "")


def test_without_an_engine_it_does_not_run_and_the_reason_is_told() -> None:
    made = composed(NO_DOCKER)
    assert "minio" not in made.services
    assert made.skipped["minio"] == "it comes as a container image, and no container engine answers"
    assert made.services["lake"].bindings == ()


class TestBesideSeaweedFS:
    """As `phlo[defaults]` has them."""

    @pytest.fixture(autouse=True)
    def both(self) -> None:
        if "seaweedfs" not in load_services().definitions:
            pytest.skip("phlo-seaweedfs is not installed")

    def warehouse(self, made: Stack) -> list[tuple[str, str]]:
        return [(one.provider, one.reason) for one in made.services["lake"].bindings]

    def test_it_is_taken_where_an_engine_answers(self) -> None:
        made = composed(MACHINE, "name: lake\n", "seaweedfs")
        assert self.warehouse(made) == [("minio", "the only one")]
        assert made.skipped["seaweedfs"] == "'minio' is the project's storage"

    def test_seaweedfs_is_taken_where_none_does(self) -> None:
        made = composed(NO_DOCKER, "name: lake\n", "seaweedfs")
        assert self.warehouse(made) == [("seaweedfs", "the only one")]
        assert "no container engine answers" in made.skipped["minio"]

    def test_what_was_taken_first_is_kept(self) -> None:
        later = replace(MACHINE, bindings={"lake.warehouse": "seaweedfs"})
        made = composed(later, "name: lake\n", "seaweedfs")
        assert self.warehouse(made) == [("seaweedfs", "as before: its data is there")]
        assert any("today it would be 'minio'" in note for note in made.notes)
