"""`phlo branch` as a person uses it: aside, looked at, published, kept, dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.embedded

FIRST = """
    import phlo

    @phlo.ingestion(table="raw.orders", mode="overwrite")
    def orders():
        return [{"id": 1}]
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "lake")
    folder.write("workflows/ingest.py", FIRST)
    assert folder.phlo("materialize").returncode == 0
    return folder


def test_changes_are_made_aside_looked_at_and_published(project: ProjectFolder) -> None:
    made = project.phlo("branch", "create", "dev")
    assert "phlo materialize --ref dev" in made.stderr
    changed = FIRST.replace('[{"id": 1}]', '[{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]')
    project.write("workflows/ingest.py", changed)
    assert project.phlo("materialize", "--ref", "dev").returncode == 0

    assert project.rows("select count(*) from raw.orders") == [[1]]
    shown = project.json("branch", "show", "dev")
    assert shown["tables"] == [
        {"table": "raw.orders", "state": "changed", "rows_before": 1, "rows": 2,
         "columns": ["+x string"]}
    ]  # fmt: skip
    assert "+x string" in project.phlo("branch", "diff", "dev").stdout

    done = project.phlo("branch", "publish", "dev", "--drop")
    assert done.stdout.split() == ["published", "raw.orders", "changed"]
    assert project.rows("select count(*) from raw.orders") == [[2]]
    log = project.json("branch", "log", "--limit", "1")["publications"]
    assert [(one["branch"], one["tables"]) for one in log] == [("dev", ["raw.orders"])]
    assert [one["name"] for one in project.json("branch", "list")["branches"]] == ["main"]


def test_a_tag_is_read_and_never_written(project: ProjectFolder) -> None:
    assert project.phlo("branch", "tag", "v1").returncode == 0
    assert project.json("query", "--ref", "v1", "select * from raw.orders")["rows"] == [[1]]
    refused = project.phlo("materialize", "--ref", "v1", "--full-refresh")
    assert refused.returncode == 12
    assert "PHLO-D973" in refused.stderr
    assert "phlo branch create NAME --from v1" in refused.stderr


def test_what_was_not_published_is_dropped_only_on_request(project: ProjectFolder) -> None:
    project.phlo("branch", "create", "dev")
    project.write("workflows/ingest.py", FIRST.replace('"id": 1', '"id": 2'))
    assert project.phlo("materialize", "--ref", "dev").returncode == 0
    asked = project.phlo("branch", "drop", "dev")
    assert asked.returncode == 2
    assert "raw.orders" in asked.stderr
    assert project.phlo("branch", "drop", "dev", "--yes").returncode == 0
    assert project.phlo("branch", "show", "dev").returncode == 12
    assert len(list((project.root / ".phlo/lake/warehouse").rglob("*.parquet"))) == 1


def test_a_conflict_names_the_table_and_publishes_nothing(project: ProjectFolder) -> None:
    project.phlo("branch", "create", "dev")
    project.write("workflows/ingest.py", FIRST.replace('"id": 1', '"id": 2'))
    for ref in ("dev", "main"):
        assert project.phlo("materialize", "--ref", ref).returncode == 0
        project.write("workflows/ingest.py", FIRST.replace('"id": 1', '"id": 3'))
    refused = project.phlo("branch", "publish", "dev")
    assert refused.returncode == 12
    assert "raw.orders" in refused.stderr
    assert project.rows("select id from raw.orders") == [[3]]
