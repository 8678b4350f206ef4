"""Assets and checks with Trino as the engine: made and checked on a branch, then published."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.server

INGEST = """
    import phlo

    @phlo.ingestion(table="raw.flights", key="id")
    def flights():
        for i in range(100):
            day = f"2024-01-0{1 + i % 3}"
            yield {"id": i, "carrier": "AB"[i % 2], "delay": (i * 7) % 60, "day": day}
"""
DELAYS = """
    /* phlo
    key: [carrier]
    checks:
      - not_null: [carrier, n]
      - unique: [carrier]
      - accepted_values: {column: carrier, values: [A, B]}
      - between: {column: n, min: 1, max: MOST}
      - between: {column: newest, min: "2024-01-01", max: "2024-12-31"}
      - matches: {column: carrier, pattern: "[A-Z]"}
      - reference: {column: carrier, to: raw.flights.carrier}
      - row_count: {min: 2}
      - sql: {name: no_delay, sql: "select carrier from {table} where mean < 0"}
    */
    select carrier, count(*) as n, round(avg(delay), 2) as mean, median(delay) as middle,
      count(*) / 3 as share, max(cast(day as date)) as newest
    from raw.flights group by carrier
"""


def outcomes(folder, *arguments):
    done = folder.phlo("materialize", *arguments)
    return done.returncode, done.stdout + done.stderr


def test_an_asset_is_made_and_checked_by_trino_and_held_back_when_a_check_fails(folder, project):
    folder.write("workflows/ingest.py", INGEST)
    middle = DELAYS.replace("median(delay) as middle", "min(delay) as middle")
    folder.write("workflows/marts/delays.sql", middle.replace("MOST", "100"))
    code, said = outcomes(folder)
    assert code == 0, said
    sql = "select carrier, n, mean, middle, share, newest from marts.delays order by 1"
    by_trino, by_duckdb = (project.query(sql, engine=one) for one in ("trino", "duckdb"))
    assert by_trino.to_pylist() == by_duckdb.to_pylist()
    # A whole number by a whole number is no whole number, in the dialect that it is written in.
    assert by_trino["share"].to_pylist() == [50 / 3, 50 / 3]

    folder.write("workflows/marts/delays.sql", middle.replace("MOST", "10").replace("min(", "max("))
    code, said = outcomes(folder, "marts.delays")
    assert code == 12, said
    assert "held back" in said
    for engine in ("trino", "duckdb"):
        assert project.query(sql, engine=engine).to_pylist() == by_trino.to_pylist()

    folder.write("workflows/marts/delays.sql", middle.replace("MOST", "50").replace("min(", "max("))
    code, said = outcomes(folder, "marts.delays")
    assert code == 0, said
    assert project.query(sql)["middle"].to_pylist() != by_trino["middle"].to_pylist()
    assert not [ref.name for ref in project.lake.refs() if ref.name != "main"]


def test_the_same_rows_made_anew_are_not_published_again(folder, project):
    before = project.lake.metadata_location("marts.delays")
    file = folder.root / "workflows/marts/delays.sql"
    file.write_text(f"{file.read_text()}-- which is another text, and gives the same\n")
    code, said = outcomes(folder, "marts.delays")
    assert code == 0, said
    assert "unchanged" in said
    assert project.lake.metadata_location("marts.delays") == before


def test_what_cannot_be_said_in_trino_is_refused_before_it_runs(folder):
    query = "select list_aggregate([id], 'histogram') as h from raw.flights"
    odd = f"/* phlo\ndescription: odd\n*/\n{query}\n"
    folder.write("workflows/marts/odd.sql", odd)
    try:
        code, said = outcomes(folder, "marts.odd")
    finally:
        (folder.root / "workflows/marts/odd.sql").unlink()
    assert code == 3, said
    assert "duckdb" in said
    assert "trino" in said
