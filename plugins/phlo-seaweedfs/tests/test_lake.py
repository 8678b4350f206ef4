"""The project's tables in a real server's bucket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from phlo.testing.lakes import LakeInAStore, StoreProject
from phlo.testing.servers import alone

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.embedded
class TestLake(LakeInAStore):
    """Every test of the kit, and what becomes of it while the server is down."""

    @pytest.fixture(scope="class")
    @staticmethod
    def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProject]:
        project = StoreProject(tmp_path_factory.mktemp("lake"))
        project.write(
            "phlo.yaml",
            f"name: weedlake\nruntime: native\nservices: {json.dumps(alone('seaweedfs'))}\n",
        )
        done = project.phlo("services", "start", "--no-open")
        assert done.returncode == 0, done.stderr
        yield project
        project.phlo("services", "reset", "--yes", "--no-snapshot")

    def test_why_the_tables_are_there(self, lake: StoreProject) -> None:
        said = lake.json("services", "why", "lake")
        assert [(one["role"], one["provider"]) for one in said["needs"]] == [
            ("warehouse", "seaweedfs")
        ]

    def test_a_server_that_is_down_is_told_with_what_helps(self, lake: StoreProject) -> None:
        lake.rows_are(2000)
        assert lake.phlo("services", "stop").returncode == 0
        for command in (("query", "select count(*) from raw.sales"), ("materialize",)):
            done = lake.phlo(*command)
            assert done.returncode == 12
            assert "error[PHLO-D970]: 'seaweedfs' does not give the tables" in done.stderr
            assert "fix: phlo services start" in done.stderr
        assert lake.phlo("services", "start", "--no-open").returncode == 0  # the fix
        assert lake.total() == [1500, 1_124_250]
        lake.made()
        assert lake.total() == [2000, 1_999_000]
