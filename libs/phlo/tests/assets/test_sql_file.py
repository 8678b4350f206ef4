from __future__ import annotations

from textwrap import dedent

import pytest

from phlo.assets.sql_file import for_parsing, read_sql_file
from phlo.errors import PhloError


def read(text: str, table: str = "marts.delays") -> object:
    return read_sql_file(dedent(text).lstrip("\n"), "workflows/marts/delays.sql", table)


def errors_of(text: str, table: str = "marts.delays") -> list[PhloError]:
    with pytest.raises(PhloError) as error:
        read(text, table)
    return list(error.value.diagnostics())


def test_the_header_holds_the_parameters() -> None:
    asset = read_sql_file(
        dedent(
            """
            -- who wrote it
            /* phlo
            key: [carrier, hour]
            checks: [{not_null: carrier}, {row_count: {min: 1}}]
            partitions: {daily: 2026-01-01, column: day}
            materialized: incremental
            */

            select 1 as carrier where {{ partition }};
            """
        ),
        "workflows/marts/delays.sql",
        "marts.delays",
    )

    assert asset.table == "marts.delays"
    assert asset.parameters["key"] == ["carrier", "hour"]
    assert [check.name for check in asset.checks] == ["not_null:carrier", "row_count"]
    assert asset.sql == "select 1 as carrier where {{ partition }}"
    assert asset.where.line == 10


def test_a_file_without_a_header_is_a_query() -> None:
    asset = read_sql_file("select 1 as a\n", "workflows/marts/one.sql", "marts.one")

    assert (asset.table, asset.sql, asset.where.line) == ("marts.one", "select 1 as a", 1)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("/* phlo\nkye: [x]\n*/\nselect 1", "PHLO-A802", 2),
        ("/* phlo\nmode: merg\n*/\nselect 1", "PHLO-A803", 2),
        ("/* phlo\nmaterialized: view\n*/\nselect 1", "PHLO-A818", 2),
        ("/* phlo\n\nmaterialized: incremental\n*/\nselect 1", "PHLO-A803", 3),
        ("/* phlo\nkey: [a\n*/\nselect 1", "PHLO-A816", 3),
        ("/* phlo\nkey: a\nselect 1", "PHLO-A816", 1),
        ("/* phlo\n- a\n*/\nselect 1", "PHLO-A816", 1),
        ("/* phlo\nkey: a\nkey: b\n*/\nselect 1", "PHLO-A816", 3),
        ("/* phlo\nchecks: [{not_nul: a}]\n*/\nselect 1", "PHLO-D923", 2),
        ("/* phlo\nkey: a\n*/\n", "PHLO-A817", 4),
        ("select 1 where {{ partition }}", "PHLO-A817", 1),
        ("select 1\nwhere {{ day }}", "PHLO-A817", 2),
        (
            "/* phlo\npartitions: {daily: 2026-01-01, column: d}\n*/\nselect 1",
            "PHLO-A817",
            4,
        ),
        (
            "/* phlo\npartitions: {daily: 2026-01-01}\n*/\nselect 1 where {{ partition }}",
            "PHLO-A803",
            2,
        ),
        ("/* phlo\npartitions: {hourly: 1}\n*/\nselect 1", "PHLO-A818", 2),
    ],
)
def test_a_fault_of_a_file_has_its_line(text: str, code: str, line: int) -> None:
    (error,) = errors_of(text)

    assert error.code == code
    assert error.where is not None
    assert error.where.line == line


def test_a_file_at_the_top_of_workflows_must_say_its_table() -> None:
    (error,) = errors_of("select 1", table="delays")

    assert "table: marts.name" in error.fix.text
    assert read("/* phlo\ntable: marts.delays\n*/\nselect 1", table="delays")


def test_the_place_of_a_partition_keeps_its_width() -> None:
    sql = "select * from t where {{ partition }} and x"

    assert len(for_parsing(sql)) == len(sql)
    assert "{{" not in for_parsing(sql)
