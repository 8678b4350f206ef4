"""The parameters of assets: their names, what other tools call them, and which values they take."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.assets import cron
from phlo.errors.workflow import BadParameter, NotYet, UnknownParameter
from phlo.model.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.errors import PhloError, Where

#: Every parameter that an ingestion takes; transforms take them, too, and some more.
SHARED = (
    "table", "key", "mode", "dedupe_by", "delete_when", "schema", "evolve", "on_invalid",
    "partition_by", "sort_by", "partitions", "schedule", "freshness", "checks", "group", "tags",
    "owner", "description", "retries", "retry_delay", "timeout", "concurrency",
)  # fmt: skip
INGESTION = SHARED
ASSET = (*SHARED, "materialized", "engine", "inputs")
SQL = (*SHARED, "materialized", "engine", "dialect")
QUALITY = (
    "table", "checks", "name", "severity", "max_rows", "max_ratio", "sample", "description",
    "inputs",
)  # fmt: skip

#: What other tools call it -> what it is called here.
ELSEWHERE = {
    "table_name": "table=",
    "name": "table=",
    "alias": "table=",
    "unique_key": "key=",
    "primary_key": "key=",
    "merge_key": "key=",
    "keys": "key=",
    "write_disposition": "mode=",
    "merge_strategy": "mode=",
    "incremental_strategy": "mode=",
    "strategy": "mode=",
    "cron": "schedule=",
    "cron_schedule": "schedule=",
    "validation_schema": "schema=",
    "columns": "schema=",
    "schema_contract": "evolve=",
    "on_schema_change": "evolve=",
    "partitions_def": "partitions=",
    "partitioned_by": "partition_by=",
    "cluster_by": "sort_by=",
    "group_name": "group=",
    "owners": "owner=",
    "freshness_policy": "freshness=",
    "retry_policy": "retries=",
    "max_retries": "retries=",
    "tests": "checks=",
    "expectations": "checks=",
    "deps": "a parameter with the table's name, such as flights: phlo.Table",
    "ins": "inputs=",
}

MODES = ("append", "overwrite", "merge")
EVOLVE = ("strict", "widen", "add")
_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_DURATION_FIX = "write a number and s, m, h, d or w: '30s', '10m', '24h'"


@dataclass(slots=True)
class Problems:
    """Faults found so far, each at its place."""

    place: Callable[[str], Where]
    found: list[PhloError] = field(default_factory=list)

    def add(self, name: str, problem: str, fix: str) -> None:
        """Keep one fault of a parameter."""
        self.found.append(BadParameter(name, problem, fix=fix, where=self.place(name)))


def check_names(
    given: Mapping[str, Any], known: Sequence[str], taker: str, problems: Problems
) -> None:
    """Find parameters that are not taken here."""
    for name in given:
        if name not in known:
            ours = ELSEWHERE.get(name)
            if ours and ours.endswith("=") and ours[:-1] not in known:
                ours = None
            problems.found.append(
                UnknownParameter(
                    name, taker=taker, known=known, ours=ours and f"'{ours}'",
                    where=problems.place(name),
                )
            )  # fmt: skip


def check_values(given: Mapping[str, Any], problems: Problems) -> None:
    """Find values that no parameter of the name can have."""
    for name, check in _CHECKS.items():
        value = given.get(name)
        if value is not None:
            check(name, value, problems)
    _check_together(given, problems)


def names_of(value: Any) -> tuple[str, ...]:
    """Return a name or a list of names as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _check_together(given: Mapping[str, Any], problems: Problems) -> None:
    if given.get("mode") == "merge" and not given.get("key"):
        problems.add("mode", "is 'merge', and there is no key", "name the columns: key='id'")
    if given.get("dedupe_by") and not given.get("key"):
        problems.add("dedupe_by", "needs a key", "name the columns that identify a row: key='id'")
    if given.get("delete_when") and (not given.get("key") or given.get("mode") not in _MERGES):
        problems.add("delete_when", "needs a merge", "add key='id' (and mode='merge')")
    if given.get("retry_delay") is not None and not given.get("retries"):
        problems.add("retry_delay", "needs retries", "add retries=3")


def _is_table(name: str, value: Any, problems: Problems) -> None:
    if not isinstance(value, str) or not _TABLE.fullmatch(value.removeprefix("lake.")):
        plain = re.sub(r"\W+", "_", str(value).rpartition(".")[2].lower()).strip("_") or "orders"
        problems.add(
            name,
            f"is {value!r}, and a table is 'namespace.table' in lower-case letters, digits and '_'",
            f"write it like 'raw.{plain}'",
        )


def _is_names(name: str, value: Any, problems: Problems) -> None:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(i, str) and i for i in items):
        problems.add(name, f"is {value!r}", f"write names: {name}=['a', 'b'], or {name}='a'")
    elif len(set(items)) < len(items):
        problems.add(name, f"names something twice: {value!r}", "name each once")


def _is_text(name: str, value: Any, problems: Problems) -> None:
    if not isinstance(value, str) or not value.strip():
        problems.add(name, f"is {value!r}", f"write text: {name}='...'")


def _is_of(choices: Sequence[str], later: Sequence[str] = ()) -> Callable[..., None]:
    def check(name: str, value: Any, problems: Problems) -> None:
        if value in later:
            fix = f"use one of {', '.join(map(repr, choices))} for now"
            problems.found.append(NotYet(f"{name}='{value}'", fix=fix, where=problems.place(name)))
        elif value not in choices:
            problems.add(name, f"is {value!r}", f"choose one of {', '.join(map(repr, choices))}")

    return check


def _is_duration(name: str, value: Any, problems: Problems) -> None:
    if parse_duration(value) is None:
        problems.add(name, f"is {value!r}, which is no duration", _DURATION_FIX)


def _is_count(name: str, value: Any, problems: Problems) -> None:
    least = 1 if name == "concurrency" else 0
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        problems.add(name, f"is {value!r}", f"write a number from {least}: {name}=3")


def _is_freshness(name: str, value: Any, problems: Problems) -> None:
    parts = value if isinstance(value, dict) else {"error": value}
    if not parts or not set(parts) <= {"warn", "error"}:
        problems.add(name, f"is {value!r}", "write '24h', or {'warn': '12h', 'error': '24h'}")
    elif any(parse_duration(text) is None for text in parts.values()):
        problems.add(name, f"is {value!r}, which has no duration", _DURATION_FIX)


def _is_schedule(name: str, value: Any, problems: Problems) -> None:
    if value == "on_upstream":
        return
    wrong = cron.problem(value) if isinstance(value, str) else "is no text"
    if wrong is not None:
        fix = "write cron, such as '0 6 * * *' (every day at six), or 'on_upstream'"
        problems.add(name, f"{wrong} ({value!r})", fix)


def _is_partitions(name: str, value: Any, problems: Problems) -> None:
    from phlo.assets.partitions import Partitions  # keeps this module's import light

    if not isinstance(value, Partitions):
        problems.add(name, f"is {value!r}", "write phlo.daily('2026-01-01') or phlo.static('eu')")


def _is_inputs(name: str, value: Any, problems: Problems) -> None:
    if not isinstance(value, dict):
        problems.add(name, f"is {value!r}", 'write inputs={"flights": "raw.flights"}')
        return
    for table in value.values():
        _is_table(name, table, problems)


_MERGES = (None, "merge")
_CHECKS: dict[str, Callable[[str, Any, Problems], None]] = {
    "table": _is_table,
    "key": _is_names,
    "mode": _is_of(MODES, later=("scd2",)),
    "dedupe_by": _is_text,
    "delete_when": _is_text,
    "evolve": _is_of(EVOLVE),
    "on_invalid": _is_of(("fail",), later=("quarantine",)),
    "partition_by": _is_names,
    "sort_by": _is_names,
    "partitions": _is_partitions,
    "schedule": _is_schedule,
    "freshness": _is_freshness,
    "group": _is_text,
    "tags": _is_names,
    "owner": _is_text,
    "description": _is_text,
    "retries": _is_count,
    "retry_delay": _is_duration,
    "timeout": _is_duration,
    "concurrency": _is_count,
    "materialized": _is_of(("table", "incremental"), later=("view",)),
    "engine": _is_text,
    "dialect": _is_text,
    "inputs": _is_inputs,
    "severity": _is_of(("error", "warn")),
}
