"""The project's tables in a bucket that is there already, on a real server."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from phlo.testing.lakes import LakeInAStore, StoreProject, opened_by
from phlo.testing.servers import alone
from phlo.testing.stores import Store, seaweedfs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs(tmp_path_factory.mktemp("server"), "acme-lake", "other") as store:
        yield store


@pytest.mark.embedded
class TestLake(LakeInAStore):
    """Every test of the kit; the secret key is in .env, the rest in phlo.yaml."""

    @pytest.fixture(scope="class")
    @staticmethod
    def lake(tmp_path_factory: pytest.TempPathFactory, store: Store) -> StoreProject:
        settings = {
            "bucket": store.bucket, "endpoint": store.endpoint, "access_key": store.user,
            "prefix": "teams/acme",
        }  # fmt: skip
        services = {**alone(), "s3": {"enabled": True, "settings": settings}}
        project = StoreProject(tmp_path_factory.mktemp("lake"))
        project.write("phlo.yaml", f"name: bucketlake\nservices: {json.dumps(services)}\n")
        project.write(".env", f"S3_SECRET_ACCESS_KEY={store.password}\n")
        return project

    def test_files_are_below_the_prefix(self, lake: StoreProject, store: Store) -> None:
        keys = store.names()
        assert any(key.endswith(".parquet") for key in keys)
        assert all(key.startswith("teams/acme/") for key in keys)

    def test_nothing_else_is_taken_in_for_it(self, lake: StoreProject) -> None:
        services = {one["service"]: one for one in lake.json("services", "list")["services"]}
        assert services["s3"]["runtime"] == "external"
        assert "seaweedfs" not in services
        said = lake.json("services", "why", "lake")
        assert [one["provider"] for one in said["needs"]] == ["s3"]

    def test_no_secret_is_in_a_rendered_file(self, lake: StoreProject, store: Store) -> None:
        lake.phlo("services", "init")
        rendered = [p for p in lake.root.rglob("*") if p.is_file() and p.name != ".env"]
        for file in rendered:
            if file.parent.name != "state" and file != lake.root / ".phlo" / ".env":
                assert store.password not in file.read_text(errors="replace"), file


@pytest.mark.embedded
def test_a_bucket_that_phlo_yaml_alone_knows(store: Store, tmp_path: Path) -> None:
    """Composition by hand: no package, and SeaweedFS is left out although it is installed."""
    project = StoreProject(tmp_path)
    services: dict[str, object] = {**alone()}
    services.pop("seaweedfs", None)
    services |= {
        "warehouse-s3": {
            "type": "external", "provides": "object-store.s3",
            "properties": {
                "endpoint": store.endpoint, "bucket": "other", "user": "${KEY_ID}",
                "password": "${KEY}",
            },
        },
    }  # fmt: skip
    project.write("phlo.yaml", f"name: handlake\nservices: {json.dumps(services)}\n")
    project.write(".env", f"KEY_ID={store.user}\nKEY={store.password}\n")
    project.rows_are(10)
    project.made()
    assert project.total() == [10, 45]
    assert opened_by(project).storage.place == f"s3://other/warehouse at {store.endpoint}"
    assert any(key.endswith(".parquet") for key in store.of(Store("", "", "", "other")).names())
    if find_spec("phlo_seaweedfs"):  # a checkout has it, and its slot is taken
        why = project.json("services", "why", "seaweedfs")
        assert (why["runs"], why["reason"]) == (False, "'warehouse-s3' is the project's storage")
