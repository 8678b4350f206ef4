from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from phlo.errors import PhloError
from phlo.orchestration.diagnostics import error_from_json
from phlo.orchestration.load import Workflows
from phlo.orchestration.manifest import FILE, Manifest
from phlo.orchestration.refresh import refresh
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.assets.spec import AssetSpec

GOOD = """
    import phlo
    from phlo.checks import not_null

    @phlo.ingestion(table="raw.orders", key="id", tags=["daily"])
    def orders():
        '''Orders of the shop.'''
        yield {"id": 1}
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "my lake")


def read(project: ProjectFolder, **options: object) -> Manifest:
    return refresh(Workflows(project.root), **options)  # type: ignore[arg-type]


def faults(project: ProjectFolder, manifest: Manifest) -> list[PhloError]:
    return [error_from_json(error, project.root) for error in manifest.errors]


def only_fault(project: ProjectFolder) -> PhloError:
    (error,) = faults(project, read(project))
    return error


def asset(manifest: Manifest, key: str) -> AssetSpec:
    found = manifest.asset(key)
    assert found is not None
    return found


def test_assets_are_read_with_what_people_want_to_see(project: ProjectFolder) -> None:
    project.write("workflows/shop/ingest.py", GOOD)
    project.write(
        "workflows/marts/totals.sql",
        """
        /* phlo
        checks: [{not_null: n}]
        owner: ann
        */
        select count(*) as n from lake.raw.orders
        """,
    )
    manifest = read(project)
    orders, totals = asset(manifest, "raw.orders"), asset(manifest, "marts.totals")

    assert [one.key for one in manifest.assets] == ["raw.orders", "marts.totals"]
    assert (orders.place, orders.group, orders.mode) == (
        "workflows/shop/ingest.py:5",
        "shop",
        "merge",
    )
    assert (orders.description, orders.tags) == ("Orders of the shop.", ("daily",))
    assert orders.source.lstrip().startswith("@phlo.ingestion")
    assert (totals.deps, totals.kind, totals.owner) == (("raw.orders",), "sql", "ann")
    assert totals.checks[0].name == "not_null:n"
    assert (totals.checks[0].file, totals.checks[0].line) == ("workflows/marts/totals.sql", 2)
    assert Manifest.read(project.root) == manifest


def test_nothing_is_imported_when_nothing_changed(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD + "\n    open('imported', 'a').write('x')\n")
    first = read(project)
    # That the run made the table is no news; a table that nobody declares is.
    again = read(project, tables=("raw.orders",))
    project.write("workflows/b.sql", "/* phlo\ntable: marts.b\n*/\nselect 1 as a")
    third = read(project)

    assert again == first
    assert (project.root / "imported").read_text() == "xx"
    assert third.hash != first.hash


def test_a_module_beside_the_project_counts_as_its_source(project: ProjectFolder) -> None:
    project.write("shop.py", "TABLE = 'raw.one'")
    project.write(
        "workflows/a.py",
        "import phlo, shop\nphlo.ingestion(table=shop.TABLE)(lambda: [])\n",
    )
    assert read(project).assets[0].key == "raw.one"
    project.write("shop.py", "TABLE = 'raw.other'")

    assert read(project).assets[0].key == "raw.other"


def test_files_see_each_other_by_relative_imports(project: ProjectFolder) -> None:
    project.write("workflows/common/names.py", "PREFIX = 'raw'")
    project.write(
        "workflows/shop/01-orders.py",
        """
        import phlo
        from ..common.names import PREFIX
        phlo.ingestion(table=f"{PREFIX}.orders")(lambda: [])
        """,
    )

    assert [one.key for one in read(project).assets] == ["raw.orders"]


def test_a_file_read_twice_by_an_import_is_one_declaration(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write("workflows/b.py", "from workflows.a import orders\n")
    manifest = read(project)

    assert not manifest.errors
    assert len(manifest.assets) == 1


def test_nothing_of_the_project_shadows_what_is_installed(project: ProjectFolder) -> None:
    project.write("click.py", "raise RuntimeError('shadow')")
    project.write("workflows/json.py", "X = 1")
    project.write("workflows/a.py", "import json, click\nassert json.dumps and click.Command\n")

    assert not read(project).errors


BROKEN = {
    "syntax": ("def f(:\n    pass\n", "PHLO-A805", 1),
    "tabs": ("if True:\n\tx = 1\n        y = 2\n", "PHLO-A805", 3),
    "import": ("import phlo\nimport not_there.at_all\n", "PHLO-A806", 2),
    "relative": ("from .nothing import x\n", "PHLO-A806", 1),
    "name": ("import phlo\n\nx = y\n", "PHLO-A804", 3),
    "deep": ("def f():\n    return {}['a']\n\nf()\n", "PHLO-A804", 2),
    "exit": ("import sys\nsys.exit('bye')\n", "PHLO-A807", 2),
    "quit": ("raise SystemExit\n", "PHLO-A807", 1),
    "interrupt": ("raise BaseException('x')\n", "PHLO-A804", 1),
    "null": ("x = 1\0\n", "PHLO-A805", None),
    "decorator": ("import phlo\n@phlo.ingestion(tabel='raw.x')\ndef f(): ...\n", "PHLO-A802", 2),
    "check": (
        "import phlo\nfrom phlo.checks import between\n\nbetween('a')\n",
        "PHLO-D923",
        4,
    ),
    "died": ("import os\nos._exit(3)\n", "PHLO-A819", None),
    "killed": ("import os, signal\nos.kill(os.getpid(), 9)\n", "PHLO-A819", None),
    "recursion": ("def f():\n    f()\n\nf()\n", "PHLO-A804", 2),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_with_its_line_and_harms_no_other(
    project: ProjectFolder, name: str
) -> None:
    text, code, line = BROKEN[name]
    project.write("workflows/a_first.py", GOOD)
    (project.root / "workflows/broken.py").write_text(text)
    project.write("workflows/z_last.sql", "/* phlo\ntable: marts.z\n*/\nselect 1 as a")
    manifest = read(project)

    (error,) = faults(project, manifest)
    assert error.code == code
    assert error.where is not None
    assert (error.where.file, error.where.line) == ("workflows/broken.py", line)
    assert error.fix.text
    assert [one.key for one in manifest.assets] == ["marts.z", "raw.orders"]


def test_a_file_that_is_not_utf8_is_told(project: ProjectFolder) -> None:
    (project.root / "workflows").mkdir()
    (project.root / "workflows/a.sql").write_bytes(b"select '\xff'")
    (project.root / "workflows/b.py").write_bytes(b"x = '\xff'\n")

    assert [e.code for e in faults(project, read(project))] == ["PHLO-A817", "PHLO-A805"]


def test_a_file_that_hangs_is_told(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHLO_IMPORT_TIMEOUT", "3")
    project.write("workflows/a.py", GOOD)
    project.write("workflows/hangs.py", "import time\ntime.sleep(600)\n")
    manifest = read(project)

    (error,) = faults(project, manifest)
    assert error.code == "PHLO-A819"
    assert "took longer" in error.message
    assert [one.key for one in manifest.assets] == ["raw.orders"]


def test_what_a_file_prints_is_not_taken_for_an_answer(project: ProjectFolder) -> None:
    noise = "import sys, os\nprint('{\"ends\": 1}')\nsys.stdout.close()\nos.close(2)\n"
    project.write("workflows/a.py", noise)
    project.write("workflows/b.py", GOOD)
    manifest = read(project)

    assert not manifest.errors
    assert [one.key for one in manifest.assets] == ["raw.orders"]


def test_a_thread_that_a_file_leaves_running_is_no_reason_to_wait(project: ProjectFolder) -> None:
    project.write(
        "workflows/a.py",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
    )

    assert not read(project).errors


def test_a_file_that_breaks_keeps_its_last_good_assets(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write(
        "workflows/quality.py",
        """
        import phlo
        from phlo.checks import unique

        @phlo.quality(table="raw.orders")
        def sound(orders: phlo.Table):
            yield unique("id")
        """,
    )
    whole = read(project)
    project.write("workflows/a.py", "import phlo\nthis is no python\n")
    broken = read(project)
    project.write("workflows/quality.py", "neither is this\n")
    both = read(project)
    project.write("workflows/a.py", GOOD)
    project.write("workflows/quality.py", "import phlo\n")
    mended = read(project)

    assert [check.name for check in asset(whole, "raw.orders").checks] == ["unique:id"]
    assert (broken.assets, broken.stale_files) == (whole.assets, ("workflows/a.py",))
    assert len(broken.errors) == 1
    assert both.assets == whole.assets
    assert len(both.errors) == 2
    assert asset(mended, "raw.orders").checks == ()
    assert not mended.errors


def test_one_table_declared_twice_is_told_with_both_places(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write("workflows/raw/orders.sql", "select 1 as id")
    error = only_fault(project)

    assert error.code == "PHLO-A808"
    assert str(error.where) == "workflows/raw/orders.sql:1"
    assert str(error.related[0].where) == "workflows/a.py:5"


def test_a_ring_is_told_whole_with_every_place(project: ProjectFolder) -> None:
    project.write("workflows/m/a.sql", "select * from m.b")
    project.write("workflows/m/b.sql", "\nselect * from m.c")
    project.write("workflows/m/c.sql", "select * from m.a join m.ok on true")
    project.write("workflows/m/ok.sql", "select 1 as x")
    manifest = read(project)
    (error,) = faults(project, manifest)

    assert error.code == "PHLO-A809"
    assert "m.a -> m.b -> m.c -> m.a" in error.message
    assert str(error.where) == "workflows/m/a.sql:1"
    assert [str(one.where) for one in error.related] == [
        "workflows/m/b.sql:1", "workflows/m/c.sql:1",
    ]  # fmt: skip
    assert len(manifest.assets) == 4


def test_an_unknown_upstream_is_told_with_what_is_near(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write("workflows/m/x.sql", "select * from raw.ordres")
    error = only_fault(project)

    assert error.code == "PHLO-A810"
    assert "'raw.orders'" in error.fix.text
    assert str(error.where) == "workflows/m/x.sql:1"


def test_a_table_that_the_lake_has_is_no_unknown_upstream(project: ProjectFolder) -> None:
    project.write("workflows/m/x.sql", "select * from raw.other")
    manifest = read(project, tables=("raw.other",))

    assert not manifest.errors
    assert asset(manifest, "m.x").external == ("raw.other",)


PYTHON = """
    import phlo

    @phlo.ingestion(table="raw.flights")
    def a(): return []

    @phlo.ingestion(table="staging.flights")
    def b(): return []

    @phlo.ingestion(table="raw.weather")
    def c(): return []

    @phlo.asset(table="marts.impact"{inputs})
    def impact({parameters}): return weather
"""


@pytest.mark.parametrize(
    ("parameters", "inputs", "code"),
    [
        ("weather: phlo.Table", "", None),
        ("weather", "", None),
        ("wether: phlo.Table", "", "PHLO-A811"),
        ("flights: phlo.Table", "", "PHLO-A812"),
        ("flights: phlo.Table", ', inputs={"flights": "raw.flights"}', None),
        ("flights: phlo.Table", ', inputs={"flights": "raw.flihgts"}', "PHLO-A810"),
        ("weather: phlo.Table", ', inputs={"flights": "raw.flights"}', "PHLO-A811"),
        ("weather: phlo.Table, n: int", "", "PHLO-A815"),
    ],
)
def test_parameters_are_the_tables_of_their_names(
    project: ProjectFolder, parameters: str, inputs: str, code: str | None
) -> None:
    project.write("workflows/a.py", PYTHON.format(parameters=parameters, inputs=inputs))
    manifest = read(project)

    assert [error["code"] for error in manifest.errors] == ([code] if code else [])
    if code is None:
        assert len(asset(manifest, "marts.impact").deps) == 1


def test_postponed_annotations_say_the_same(project: ProjectFolder) -> None:
    project.write(
        "workflows/a.py",
        """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        import phlo
        if TYPE_CHECKING:
            from phlo import Context

        @phlo.ingestion(table="raw.weather")
        def c(context: Context): return []

        @phlo.asset(table="marts.impact")
        def impact(weather: phlo.Table): return weather
        """,
    )
    manifest = read(project)

    assert not manifest.errors
    assert asset(manifest, "marts.impact").inputs == {"weather": "raw.weather"}


def test_a_check_of_a_table_nobody_makes_is_told(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write(
        "workflows/q.py",
        """
        import phlo
        from phlo.checks import unique
        phlo.quality(table="raw.ordres", checks=[unique("id")])
        """,
    )
    error = only_fault(project)

    assert error.code == "PHLO-A810"
    assert str(error.where) == "workflows/q.py:3"


def test_what_a_check_refers_to_is_made_before(project: ProjectFolder) -> None:
    project.write(
        "workflows/a.py",
        """
        import phlo
        from phlo.checks import reference

        @phlo.ingestion(table="raw.a", checks=[reference("z", to="raw.z.z")])
        def a(): return []

        @phlo.ingestion(table="raw.z")
        def z(): return []
        """,
    )

    assert [one.key for one in read(project).assets] == ["raw.z", "raw.a"]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("delete from raw.orders", "DELETE"),
        ("select 1; select 2", "2 statements"),
        ("select * from read_csv('/etc/passwd')", "reading from outside"),
        ("selec 1", "unexpected token near '1'"),
    ],
)
def test_sql_that_is_no_query_is_refused(project: ProjectFolder, sql: str, problem: str) -> None:
    project.write("workflows/m/x.sql", sql)
    error = only_fault(project)

    assert error.code == "PHLO-A817"
    assert problem.lower() in error.message.lower()


def test_sql_that_the_engine_cannot_be_told_is_refused(project: ProjectFolder) -> None:
    project.write("workflows/m/x.sql", "select list_zip([1], [2]) as a")
    manifest = refresh(Workflows(project.root, engine_dialect="trino"))

    assert [error["code"] for error in manifest.errors] == ["PHLO-A824"]


def test_a_manifest_of_a_later_phlo_is_made_anew(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write(FILE, '{"schema": "phlo.manifest/9"}')
    with pytest.raises(PhloError) as error:
        Manifest.read(project.root)
    assert error.value.code == "PHLO-A801"

    assert [one.key for one in read(project).assets] == ["raw.orders"]


def test_a_torn_manifest_is_as_good_as_none(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    project.write(FILE, '{"schema": "phlo.manifest/1", "assets": [{"key"')

    assert Manifest.read(project.root) is None
    assert len(read(project).assets) == 1


def test_a_python_without_phlo_is_told(project: ProjectFolder) -> None:
    project.write("workflows/a.py", GOOD)
    bare = project.write("bare-python", f'#!/bin/sh\nexec {sys.executable} -S -E "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(PhloError) as error:
        read(project, python=str(bare))

    assert error.value.code == "PHLO-A825"
    assert "pip install 'phlo==" in error.value.fix.text


def test_a_project_without_workflows_has_no_assets(project: ProjectFolder) -> None:
    assert read(project).assets == ()
