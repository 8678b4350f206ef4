"""Twenty-one checks on one table, beside one DuckDB query for each and beside scanning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import orders
from benchmarks.registry import Measurement, Options, Results, benchmark
from benchmarks.timing import medians
from phlo import checks
from phlo.lakehouse.checks.compile import compile_check
from phlo.lakehouse.checks.run import run_checks
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, write
from phlo_duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.model.checks import CheckSpec

_MAIL = r"[a-z0-9]+@[a-z]+\.[a-z]+"


def specs(rows: int) -> tuple[CheckSpec, ...]:
    """Return the checks, all of which hold."""
    return checks.flatten(
        [
            checks.not_null("id", "user_id", "ts", "country", "email"),
            checks.not_null("score", max_ratio=0.1),
            checks.unique("id"),
            checks.unique("id", "email"),
            checks.between("id", 0, rows),
            checks.between("user_id", 0, rows),
            checks.between("amount", 0, 1000),
            checks.between("score", 0, 1),
            checks.between("ts", "2020-01-01", "2100-01-01"),
            checks.accepted_values("country", ["DE", "FR", "US", "GB", "NL", "ES", "IT", "PL"]),
            checks.accepted_values("status", ["new", "paid", "sent", "done"]),
            checks.matches("email", _MAIL),
            checks.matches("country", "[A-Z]{2}"),
            checks.row_count(min=1),
            checks.freshness("ts", "2000w"),
            checks.reference("country", to="raw.countries.code"),
            checks.check("amounts", sql="select * from {table} where amount < 0 and score > 2"),
        ]
    )


@benchmark("checks.all")
def everything(options: Options) -> Results:
    """Ask all checks, beside one DuckDB query for each check in an open connection."""
    lake = _prepared(options)
    wanted = specs(options.rows)
    times = medians(
        {
            "ours": lambda turn: _ask(lake, wanted),
            "theirs": lambda turn: _one_by_one(lake, wanted),
        },
        options.pairs,
    )
    name = f"{len(wanted)} checks on {options.rows:,} rows"
    peer = "one DuckDB query per check"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs, 0.6)]


@benchmark("checks.metadata")
def from_manifests(options: Options) -> Results:
    """Ask what the manifests can answer, beside scanning for it."""
    lake = _prepared(options)
    kinds = ("not_null", "between", "row_count", "freshness")
    wanted = [s for s in specs(options.rows) if s.kind in kinds and s.columns not in
              (("amount",), ("score",))]  # fmt: skip
    times = medians(
        {
            "ours": lambda turn: _ask(lake, wanted),
            "theirs": lambda turn: _one_by_one(lake, wanted),
        },
        options.pairs,
    )
    name = f"{len(wanted)} checks from metadata, {options.rows:,} rows"
    peer = "one DuckDB query per check"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs)]


def _prepared(options: Options) -> Lake:
    lake = Lake(options.folder / "lake")
    table = orders(options.rows)
    write(lake, "raw.orders", table, WritePlan())
    codes = table.column("country").unique().to_pylist()
    write(lake, "raw.countries", [{"code": code} for code in codes], WritePlan())
    return lake


def _ask(lake: Lake, wanted: Sequence[CheckSpec]) -> None:
    outcomes = run_checks(lake, DuckDBEngine(), "raw.orders", wanted)
    wrong = [outcome.spec.name for outcome in outcomes if outcome.status != "passed"]
    assert not wrong, wrong


def _one_by_one(lake: Lake, wanted: Sequence[CheckSpec]) -> None:
    """Ask by SQL alone: what a tool does that compiles each check to a query."""
    with DuckDBEngine().connect(lake) as session:
        for spec in wanted:
            if spec.kind == "row_count":
                sql = "select count(*) from raw.orders"
            elif spec.kind == "freshness":
                sql = f"select max({spec.columns[0]}) from raw.orders"
            else:
                sql = compile_check(spec, "raw.orders").failed
            session.stream(sql).read_all()
