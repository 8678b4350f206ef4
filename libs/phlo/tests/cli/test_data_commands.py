from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    folder = ProjectFolder(tmp_path_factory.mktemp("projects") / "my lake")
    folder.write(
        "workflows/ingest.py",
        """
        import datetime
        import phlo
        from phlo.checks import not_null, row_count, unique

        @phlo.ingestion(table="raw.orders", key="id", tags=["daily"], schedule="0 6 * * *",
                        checks=[row_count(min=1), unique("customer", severity="warn")])
        def orders():
            "Orders of the shop."
            print("asking the shop")
            day = datetime.date(2026, 1, 31)
            for n in range(3):
                yield {"id": n, "customer": "a, b", "amount": n / 2, "day": day, "tags": ["x"],
                       "is_new": n == 0}

        @phlo.ingestion(table="raw.bad", checks=[not_null("id")])
        def bad():
            return [{"id": 1, "a": 1}, {"id": None, "a": 2}]
        """,
    )
    folder.write("workflows/marts/totals.sql", "select count(*) as n from raw.orders")
    folder.write("workflows/marts/after.sql", "select * from raw.bad")
    done = folder.phlo("materialize")
    assert done.returncode == 12, done.stderr
    return folder


def test_materialize_ends_with_what_came_of_it_and_where_to_look(project: ProjectFolder) -> None:
    done = project.phlo("materialize")
    lines = [line.split(None, 1) for line in done.stdout.splitlines() if line]
    words = {line[0] for line in lines}

    assert done.returncode == 12
    assert words == {"unchanged", "held", "skipped", "look"}
    assert "not_null:id: 1 of 2 rows fail" in done.stdout
    assert "not made because 'raw.bad' was held back" in done.stdout
    assert "phlo runs show" in done.stdout
    assert "unique:customer: 2 of 3 rows fail (warning)" in done.stderr


def test_a_dry_run_runs_nothing(project: ProjectFolder) -> None:
    before = len(project.json("runs", "list")["runs"])
    plan = project.json("materialize", "+marts.totals", "--dry-run")

    assert [step["asset"] for step in plan["steps"]] == ["raw.orders", "marts.totals"]
    assert len(project.json("runs", "list")["runs"]) == before


def test_check_asks_the_tables_as_they_are(project: ProjectFolder) -> None:
    found = project.json("check", "raw.orders")
    nothing = project.phlo("check", "raw.bad")

    assert [(c["spec"]["name"], c["status"]) for c in found["checks"]] == [
        ("row_count", "passed"), ("unique:customer", "warned"),
    ]  # fmt: skip
    assert nothing.returncode == 0
    assert "there is no table yet" in nothing.stdout


def test_an_unknown_asset_is_told_with_what_is_near(project: ProjectFolder) -> None:
    done = project.phlo("materialize", "raw.ordres")
    lines = project.phlo("materialize", "raw.ordres", "--json").stderr.splitlines()
    # Notes may stand before it, and what is wrong in other files after it.
    diagnostic = next(line for line in lines if line.startswith("{"))

    assert done.returncode == 3
    assert "error[PHLO-A813]" in done.stderr
    assert "did you mean 'raw.orders'" in done.stderr
    assert json.loads(diagnostic)["code"] == "PHLO-A813"


def test_an_asset_of_a_broken_file_is_told_with_what_is_wrong_there(project: ProjectFolder) -> None:
    file = project.write("workflows/marts/odd.sql", "select list_aggregate([1], from raw.orders\n")
    try:
        done = project.phlo("materialize", "marts.odd")
    finally:
        file.unlink()

    assert done.returncode == 3
    assert "error[PHLO-A813]" in done.stderr
    assert "--> workflows/marts/odd.sql:1" in done.stderr


def test_query_shows_a_table(project: ProjectFolder) -> None:
    done = project.phlo("query", "select id, amount, is_new from raw.orders order by id")

    assert [line.split() for line in done.stdout.splitlines()] == [
        ["id", "amount", "is_new"], ["0", "0", "true"], ["1", "0.5", "false"], ["2", "1", "false"],
    ]  # fmt: skip
    assert "3 rows" in done.stderr


SQL = "select id, customer, day, tags, is_new from raw.orders order by id"


def test_query_writes_csv(project: ProjectFolder) -> None:
    done = project.phlo("query", SQL, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))

    assert rows[0] == {
        "id": "0", "customer": "a, b", "day": "2026-01-31", "tags": '["x"]', "is_new": "true",
    }  # fmt: skip
    assert len(rows) == 3


def test_query_writes_json_lines(project: ProjectFolder) -> None:
    done = project.phlo("query", SQL, "--format", "json")

    assert json.loads(done.stdout.splitlines()[0]) == {
        "id": 0, "customer": "a, b", "day": "2026-01-31", "tags": ["x"], "is_new": True,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_query_writes_binary_forms(project: ProjectFolder, form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "phlo", "query", SQL, "--format", form],
        cwd=project.root, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    buffer = pa.BufferReader(done.stdout)
    table = pq.read_table(buffer) if form == "parquet" else pa.ipc.open_stream(buffer).read_all()

    assert table.column("id").to_pylist() == [0, 1, 2]


def test_query_writes_to_a_file_in_the_form_of_its_name(
    project: ProjectFolder, tmp_path: Path
) -> None:
    project.phlo("query", SQL, "-o", str(tmp_path / "orders.parquet"))

    assert pq.read_table(tmp_path / "orders.parquet").num_rows == 3


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select * from raw.ordres", "PHLO-D901"),
        ("delete from raw.orders", "PHLO-D922"),
        ("select nothing from raw.orders", "PHLO-D920"),
    ],
)
def test_a_query_that_cannot_run_is_told(project: ProjectFolder, sql: str, code: str) -> None:
    done = project.phlo("query", sql)

    assert done.returncode == 12
    assert f"error[{code}]" in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_describe_and_preview_say_the_same(project: ProjectFolder) -> None:
    tables = {table["name"]: table for table in project.json("tables")["tables"]}
    about = project.json("describe", "raw.orders")
    preview = project.json("preview", "raw.orders", "-n", "2")

    assert tables.keys() == {"raw.orders", "marts.totals"}
    assert tables["raw.orders"]["rows"] == about["row_count"] == preview["row_count"] == 3
    assert [column["name"] for column in about["columns"]][:2] == ["id", "customer"]
    assert len(preview["rows"]) == 2
    for command in (("tables",), ("describe", "raw.orders"), ("preview", "raw.orders")):
        assert "orders" in project.phlo(*command).stdout or command[0] == "preview"


def test_assets_are_listed_shown_and_drawn(project: ProjectFolder) -> None:
    listed = project.json("assets", "list", "tag:daily")["assets"]
    shown = project.json("assets", "show", "orders")
    drawn = project.json("assets", "graph")

    assert [asset["key"] for asset in listed] == ["raw.orders"]
    assert listed[0]["last"]["rows_total"] == 3
    assert shown["downstream"] == ["marts.totals"]
    assert ["raw.orders", "marts.totals"] in drawn["edges"]
    assert "marts.totals" in project.phlo("assets", "graph").stdout
    assert "phlo schedules list" in project.phlo("assets", "list").stderr


def test_runs_show_failing_rows_and_the_log(project: ProjectFolder) -> None:
    runs = project.json("runs", "list", "--asset", "raw.bad", "--state", "failed")["runs"]
    run = runs[0]
    shown = project.phlo("runs", "show", run["id"], "--log").stdout

    assert "not_null:id: 1 of 2 rows fail" in shown
    assert "raw.orders: asking the shop" in shown
    assert project.json("runs", "show", "last")["run"]["id"]
    assert "PHLO-D953" in project.phlo("runs", "show", "nothing").stderr


def test_a_broken_file_stops_only_what_is_in_it(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "lake")
    project.write("workflows/good.sql", "/* phlo\ntable: marts.good\n*/\nselect 1 as a")
    project.write("workflows/bad.py", "import phlo\nraise ValueError('oh')\n")

    listed, everything = project.phlo("assets", "list"), project.phlo("materialize")
    good = project.phlo("materialize", "marts.good")
    manifest = project.phlo("manifest")

    assert listed.returncode == 0
    assert "warning[PHLO-A804]" in listed.stderr
    assert everything.returncode == manifest.returncode == 3
    assert "--> workflows/bad.py:2" in everything.stderr
    assert good.returncode == 0, good.stderr


def test_sql_that_fails_when_it_runs_is_told_at_its_line(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "lake")
    project.write("workflows/raw/a.sql", "select 1 as n")
    project.write("workflows/m/b.sql", "/* phlo\nkey: n\n*/\nselect n,\n  nothing\nfrom raw.a\n")
    done = project.phlo("materialize")

    assert done.returncode == 12
    assert "--> workflows/m/b.sql:5:3" in done.stderr
    assert " 5 |   nothing" in done.stderr


def test_a_project_without_assets_says_how_to_begin(tmp_path: Path) -> None:
    done = ProjectFolder(tmp_path / "lake").phlo("materialize")

    assert done.returncode == 3
    assert "workflows/ingest.py" in done.stderr
