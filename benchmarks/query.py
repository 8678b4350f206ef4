"""SQL over an Iceberg table, beside DuckDB over the table's own Parquet files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.data import orders
from benchmarks.registry import Measurement, Options, Results, benchmark
from benchmarks.timing import medians
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo_duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from pathlib import Path

_QUERIES = {
    "group by two texts": "select country, status, sum(amount) from {t} group by 1, 2",
    "sum of a column": "select sum(amount) from {t}",
    "one row by its id": "select * from {t} where id = {middle}",
    "count distinct": "select count(distinct user_id) from {t}",
}

_OURS = """
import pathlib, sys
from phlo.lakehouse.lake import Lake
from phlo_duckdb.engine import DuckDBEngine
with DuckDBEngine().connect(Lake(pathlib.Path(sys.argv[1]))) as session:
    rows = session.stream("select country, sum(amount) from raw.orders group by 1").read_all()
    print(rows.num_rows)
"""
_THROUGH_PYICEBERG = """
import sys
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog("main", uri="sqlite:///" + sys.argv[1] + "/catalog.db")
scan = catalog.load_table("raw.orders").scan(selected_fields=("country", "amount"))
connection = scan.to_duckdb("orders")
print(len(connection.execute("select country, sum(amount) from orders group by 1").fetchall()))
"""


@benchmark("query.sql")
def sql(options: Options) -> Results:
    """Run statements in an open session, beside DuckDB on the same files."""
    import duckdb

    lake = _prepared(options)
    files = [file.path for file in lake.files("raw.orders")]
    results = []
    with DuckDBEngine().connect(lake) as session, duckdb.connect() as raw:
        raw.execute(f"create view orders as select * from read_parquet({files})")
        for name, text in _QUERIES.items():
            ours = text.format(t="raw.orders", middle=options.rows // 2)
            theirs = text.format(t="orders", middle=options.rows // 2)
            times = medians(
                {
                    "ours": lambda turn, q=ours: session.stream(q).read_all(),
                    "theirs": lambda turn, q=theirs: raw.execute(q).to_arrow_table(),
                },
                max(options.pairs, 9),
            )
            results.append(
                Measurement(f"{name}, {options.rows:,} rows", times["ours"],
                            "DuckDB on the raw files", times["theirs"], max(options.pairs, 9), 1.15)
            )  # fmt: skip
    return results


@benchmark("query.process")
def process(options: Options) -> Results:
    """Run one query in a new process, beside the same through pyiceberg."""
    lake = _prepared(options)
    times = medians(
        {
            "ours": lambda turn: _python(_OURS, lake.folder),
            "theirs": lambda turn: _python(_THROUGH_PYICEBERG, lake.folder),
        },
        options.pairs,
    )
    name = f"one-shot query process, {options.rows:,} rows"
    peer = "pyiceberg -> Arrow -> DuckDB"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs, 0.4)]


def _prepared(options: Options) -> Lake:
    lake = Lake(options.folder / "lake")
    write(lake, "raw.orders", orders(options.rows), WritePlan())
    return lake


def _python(code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)
