"""The store: every run, step, materialization, check result and log line of a project."""

from __future__ import annotations

import json
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from phlo.model.checks import CheckOutcome
from phlo.orchestration import projection
from phlo.orchestration.records import (
    ACTIVE,
    CheckRecord,
    MaterializationRecord,
    RunRecord,
    StepRecord,
    StoredEvent,
)
from phlo.orchestration.store_file import FILE, open_file, told, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from phlo.orchestration.events import Event

#: How many earlier statuses a check's record tells.
HISTORY = 30


class Store:
    """What happened in a project, written only by recording events.

        store = Store.open(root)
        store.record(Event(EventType.RUN_STARTED, run_id, data={"assets": ["raw.orders"]}))
        store.run(run_id)

    Threads may share it; processes each open their own.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection, self._file = connection, file
        self._lock = threading.RLock()

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open a project's store; it is made if it is not there.

        Raises:
            StoreTooNew: A later phlo wrote it.
            StoreBroken: It is no database.
            StateUnwritable: It cannot be written.
        """
        return cls(open_file(root / FILE), root / FILE)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, *events: Event) -> int:
        """Keep events, and what follows from them, in one transaction; returns the last number."""
        with self._lock, told(self._file), transaction(self._connection):
            seq = 0
            for event in events:
                cursor = self._connection.execute(
                    "INSERT INTO events (at, type, run_id, asset, partition, data)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (event.at, event.type, event.run_id, event.asset, event.partition,
                     json.dumps(dict(event.data), default=str)),
                )  # fmt: skip
                seq = cursor.lastrowid or 0
                projection.apply(self._connection, event)
            return seq

    def runs(
        self,
        limit: int = 50,
        before: str | None = None,
        state: str | None = None,
        asset: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """Return runs, the newest first.

        Args:
            limit: At most so many.
            before: Only runs older than the run with this id.
            state: Only runs in this state; `active` means all that are not over.
            asset: Only runs with a step of this asset.
        """
        where, values = ["1"], list[Any]()
        if before is not None:
            where.append("number < (SELECT number FROM runs WHERE id = ?)")
            values.append(before)
        if state is not None:
            states = ACTIVE if state == "active" else (state,)
            where.append(f"state IN ({', '.join('?' * len(states))})")
            values += states
        if asset is not None:
            where.append("id IN (SELECT run_id FROM steps WHERE asset = ?)")
            values.append(asset)
        rows = self._rows(
            f"SELECT * FROM runs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",
            (*values, limit),
        )
        return tuple(_run(row) for row in rows)

    def run(self, run_id: str) -> RunRecord | None:
        """Return one run, or None when there is none of this id."""
        rows = self._rows("SELECT * FROM runs WHERE id = ?", (run_id,))
        return _run(rows[0]) if rows else None

    def steps(self, run_id: str) -> tuple[StepRecord, ...]:
        """Return the steps of a run, in their order."""
        rows = self._rows("SELECT * FROM steps WHERE run_id = ? ORDER BY position", (run_id,))
        return tuple(_step(row) for row in rows)

    def latest_steps(self) -> Mapping[str, StepRecord]:
        """Return the last step that ended of each asset, whatever came of it."""
        rows = self._rows(
            "SELECT steps.* FROM steps JOIN runs ON runs.id = steps.run_id"
            " WHERE steps.ended_at IS NOT NULL ORDER BY runs.number, steps.ended_at"
        )
        return {row["asset"]: _step(row) for row in rows}

    def events(
        self, run_id: str | None = None, after: int = 0, limit: int = 1000
    ) -> tuple[StoredEvent, ...]:
        """Return events with a higher number than `after`, in their order."""
        which, values = ("", ()) if run_id is None else (" AND run_id = ?", (run_id,))
        rows = self._rows(
            f"SELECT * FROM events WHERE seq > ?{which} ORDER BY seq LIMIT ?",
            (after, *values, limit),
        )
        return tuple(StoredEvent(**row | {"data": json.loads(row["data"])}) for row in rows)

    def last_event(self) -> int:
        """Return the number of the newest event; 0 when there is none."""
        return int(self._rows("SELECT coalesce(max(seq), 0) AS seq FROM events")[0]["seq"])

    def materializations(
        self, asset: str | None = None, limit: int = 50
    ) -> tuple[MaterializationRecord, ...]:
        """Return publishes, the newest first."""
        which, values = ("", ()) if asset is None else ("WHERE asset = ? ", (asset,))
        rows = self._rows(
            f"SELECT * FROM materializations {which}ORDER BY number DESC LIMIT ?", (*values, limit)
        )
        return tuple(_materialization(row) for row in rows)

    def latest_materializations(self, ref: str = "main") -> Mapping[str, MaterializationRecord]:
        """Return the last publish of each asset on a ref."""
        rows = self._rows(
            "SELECT * FROM materializations WHERE number IN"
            " (SELECT max(number) FROM materializations WHERE ref = ? GROUP BY asset)",
            (ref,),
        )
        return {row["asset"]: _materialization(row) for row in rows}

    def partitions(self, asset: str, ref: str = "main") -> Mapping[str, MaterializationRecord]:
        """Return the last publish of each partition of an asset."""
        rows = self._rows(
            "SELECT * FROM materializations WHERE asset = ? AND ref = ? AND partition IS NOT NULL"
            " ORDER BY number",
            (asset, ref),
        )
        return {row["partition"]: _materialization(row) for row in rows}

    def checks(self, table: str | None = None) -> tuple[CheckRecord, ...]:
        """Return the latest outcome of every check, with the statuses before it."""
        which, values = ("", ()) if table is None else ("WHERE table_name = ? ", (table,))
        rows = self._rows(
            "SELECT * FROM checks WHERE number IN"
            f" (SELECT max(number) FROM checks {which}GROUP BY table_name, name)"
            " ORDER BY table_name, number",
            values,
        )
        return tuple(_check(row, self._history(row)) for row in rows)

    def check_history(
        self, table: str, check: str, limit: int = HISTORY
    ) -> tuple[CheckRecord, ...]:
        """Return what one check found, the newest first."""
        rows = self._rows(
            "SELECT * FROM checks WHERE table_name = ? AND name = ? ORDER BY number DESC LIMIT ?",
            (table, check, limit),
        )
        return tuple(_check(row) for row in rows)

    def asset_state(self, asset: str, partition: str | None = None) -> dict[str, Any]:
        """Return what an asset keeps between runs (`context.state`)."""
        rows = self._rows(
            "SELECT key, value FROM asset_state WHERE asset = ? AND partition = ?",
            (asset, partition or ""),
        )
        return {row["key"]: json.loads(row["value"]) for row in rows}

    def keep(self, name: str, value: Any) -> None:
        """Keep what is not of one run, by a name such as `schedule.on/raw.orders`."""
        with self._lock, told(self._file), transaction(self._connection):
            self._connection.execute(
                "INSERT INTO kept VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )

    def kept(self, prefix: str) -> dict[str, Any]:
        """Return what is kept under names that begin so, each without that beginning."""
        rows = self._rows(
            "SELECT name, value FROM kept WHERE substr(name, 1, ?) = ? ORDER BY name",
            (len(prefix), prefix),
        )
        return {row["name"][len(prefix) :]: json.loads(row["value"]) for row in rows}

    def _history(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        rows = self._rows(
            "SELECT status FROM checks WHERE table_name = ? AND name = ?"
            " ORDER BY number DESC LIMIT ?",
            (row["table_name"], row["name"], HISTORY),
        )
        return tuple(row["status"] for row in reversed(rows))

    def _rows(self, sql: str, values: Iterable[Any] = ()) -> Sequence[dict[str, Any]]:
        with self._lock, told(self._file):
            cursor = self._connection.execute(sql, tuple(values))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]


def _run(row: dict[str, Any]) -> RunRecord:
    values = _known(RunRecord, row)
    return RunRecord(
        **values | {"assets": tuple(json.loads(row["assets"])), "error": _loaded(row["error"])}
    )


def _step(row: dict[str, Any]) -> StepRecord:
    values = _known(StepRecord, row)
    return StepRecord(
        **values | {"partition": row["partition"] or None, "error": _loaded(row["error"])}
    )


def _materialization(row: dict[str, Any]) -> MaterializationRecord:
    data = _known(MaterializationRecord, json.loads(row["data"]))
    data["schema_changes"] = tuple(data.get("schema_changes", ()))
    return MaterializationRecord(
        **{"snapshot_id": None}
        | data
        | {k: v for k, v in row.items() if k not in ("number", "data")}
    )


def _check(row: dict[str, Any], history: tuple[str, ...] = ()) -> CheckRecord:
    outcome = CheckOutcome.from_json(json.loads(row["outcome"]))
    return CheckRecord(row["run_id"], row["table_name"], row["name"], row["at"], outcome, history)


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
