"""Statements on another catalog and at snapshots: only that is changed, and places stay right."""

from __future__ import annotations

import pytest

from phlo_trino.statement import on

SNAPSHOTS = {"raw.orders": 7}


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select 1", "select 1"),
        ("select * from raw.orders", "select * from raw.orders FOR VERSION AS OF 7"),
        ("select * from lake.raw.b", 'select * from "ref_x".raw.b'),
        (
            'select * from "lake"."raw"."orders" o -- lake.raw.b\n join lake.raw.b on 1 = 1',
            'select * from "ref_x"."raw"."orders" FOR VERSION AS OF 7 o -- lake.raw.b\n'
            ' join "ref_x".raw.b on 1 = 1',
        ),
        ("explain select * from lake.raw.b", 'explain select * from "ref_x".raw.b'),
        ("select 'lake.raw.b' from other.raw.c", "select 'lake.raw.b' from other.raw.c"),
        ("with lake as (select 1 as a) select lake.a from lake",
         "with lake as (select 1 as a) select lake.a from lake"),
        ("select * from raw.orders for version as of 3",
         "select * from raw.orders for version as of 3"),
    ],
)  # fmt: skip
def test_a_statement_on_a_branch(sql, wanted):
    assert on(sql, "ref_x", SNAPSHOTS).text == wanted


def test_on_main_it_is_left_as_it_is():
    assert on("this is no SQL", "lake", {}).text == "this is no SQL"


def test_places_are_those_of_what_was_written():
    statement = on(
        "select *\nfrom lake.raw.orders o, lake.raw.b where nope", "ref_long_name", SNAPSHOTS
    )
    text = statement.text
    for word in ("o,", "where", "nope", "b where"):
        offset = text.index(word)
        line, column = text[:offset].count("\n") + 1, offset - text.rfind("\n", 0, offset)
        written = statement.written.index(word)
        where = statement.where(line, column)
        assert where.line == 2
        assert where.column == written - statement.written.rfind("\n", 0, written)
