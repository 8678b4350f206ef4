"""From one event to the tables of the store, in the transaction that keeps the event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from phlo.orchestration.events import Event, EventType

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

#: What `step.progress` and `step.ended` may set.
_STEP_FIELDS = (
    "rows_in", "rows_added", "rows_updated", "rows_deleted", "rows_total", "bytes", "snapshot_id",
    "attempt", "stage", "reason",
)  # fmt: skip

#: The process that waits to begin is another one than the one that asked.
_STILL_WAITS = (
    " ON CONFLICT (id) DO UPDATE SET pid = excluded.pid, process = excluded.process"
    " WHERE runs.state = 'queued'"
)
_BEGINS = (
    " ON CONFLICT (id) DO UPDATE SET"
    " state = CASE runs.state WHEN 'cancelling' THEN 'cancelling' ELSE 'running' END,"
    " started_at = excluded.started_at, ended_at = NULL, error = NULL,"
    " assets = excluded.assets, pid = excluded.pid, process = excluded.process"
)


def apply(connection: sqlite3.Connection, event: Event) -> None:
    """Bring the tables to where they stand after this event."""
    change = _CHANGES.get(event.type)
    if change is not None:
        change(connection, event)


def _run_begins(connection: sqlite3.Connection, event: Event) -> None:
    """Make the run, or let the one that was queued begin."""
    data = event.data
    state = "queued" if event.type is EventType.RUN_QUEUED else "running"
    started = None if state == "queued" else event.at
    assets = data.get("assets", ())
    connection.execute(
        "INSERT INTO runs (id, state, trigger, orchestrator, selection, partition, ref, queued_at,"
        " started_at, assets, pid, process) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        + (_STILL_WAITS if state == "queued" else _BEGINS),
        (event.run_id, state, data.get("trigger", "manual"), data.get("orchestrator", "runner"),
         data.get("selection", ",".join(assets)), event.partition, data.get("ref", "main"),
         event.at, started, json.dumps(list(assets)), data.get("pid"), data.get("process")),
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO steps (run_id, position, asset, partition, state)"
        " VALUES (?, ?, ?, ?, 'queued') ON CONFLICT DO UPDATE SET state = 'queued',"
        " ended_at = NULL, reason = NULL, error = NULL",
        (
            (event.run_id, position, asset, partition or "")
            for position, (asset, partition) in enumerate(data.get("steps", ()))
        ),
    )


def _run_is_cancelling(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "UPDATE runs SET state = 'cancelling' WHERE id = ? AND ended_at IS NULL", (event.run_id,)
    )


def _run_ends(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "UPDATE runs SET state = ?, ended_at = ?, error = ? WHERE id = ?",
        (event.data["state"], event.at, _json(event.data.get("error")), event.run_id),
    )


def _step_starts(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "INSERT INTO steps (run_id, position, asset, partition, state, started_at, attempt, stage)"
        " VALUES (?, (SELECT count(*) FROM steps WHERE run_id = ?), ?, ?, 'running', ?, ?, ?)"
        " ON CONFLICT (run_id, asset, partition) DO UPDATE SET state = 'running',"
        " started_at = excluded.started_at, attempt = excluded.attempt, stage = excluded.stage",
        (event.run_id, event.run_id, event.asset, event.partition or "", event.at,
         event.data.get("attempt", 1), event.data.get("stage")),
    )  # fmt: skip


def _step_moves(connection: sqlite3.Connection, event: Event) -> None:
    given = {name: event.data[name] for name in _STEP_FIELDS if name in event.data}
    if given:
        _set_step(connection, event, given)


def _step_ends(connection: sqlite3.Connection, event: Event) -> None:
    given = {name: event.data[name] for name in _STEP_FIELDS if name in event.data}
    given |= {"state": event.data["state"], "ended_at": event.at, "stage": None}
    _set_step(connection, event, given | {"error": _json(event.data.get("error"))})
    # They were for those who watched; what counts is in the step now.
    connection.execute(
        "DELETE FROM events WHERE run_id = ? AND type = ? AND asset IS ? AND partition IS ?",
        (event.run_id, EventType.STEP_PROGRESS, event.asset, event.partition),
    )


def _materialized(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "INSERT INTO materializations (asset, partition, run_id, at, ref, data)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (event.asset, event.partition, event.run_id, event.at, event.data.get("ref", "main"),
         json.dumps({k: v for k, v in event.data.items() if k != "state"}, default=str)),
    )  # fmt: skip
    state = event.data.get("state")
    if state is not None:
        # With the publish, so that a cursor never moves without its rows, nor they without it.
        key = (event.asset, event.partition or "")
        connection.execute("DELETE FROM asset_state WHERE asset = ? AND partition = ?", key)
        connection.executemany(
            "INSERT INTO asset_state VALUES (?, ?, ?, ?)",
            ((*key, name, json.dumps(value)) for name, value in state.items()),
        )


def _check_executed(connection: sqlite3.Connection, event: Event) -> None:
    outcome = event.data["outcome"]
    connection.execute(
        "INSERT INTO checks (run_id, table_name, name, at, status, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (event.run_id, outcome["table"], outcome["spec"]["name"], event.at, outcome["status"],
         json.dumps(outcome, default=str)),
    )  # fmt: skip


def _set_step(connection: sqlite3.Connection, event: Event, values: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE steps SET {names} WHERE run_id = ? AND asset = ? AND partition = ?",
        (*values.values(), event.run_id, event.asset, event.partition or ""),
    )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


_CHANGES: dict[EventType, Callable[[sqlite3.Connection, Event], None]] = {
    EventType.RUN_QUEUED: _run_begins,
    EventType.RUN_STARTED: _run_begins,
    EventType.RUN_CANCELLING: _run_is_cancelling,
    EventType.RUN_ENDED: _run_ends,
    EventType.STEP_STARTED: _step_starts,
    EventType.STEP_PROGRESS: _step_moves,
    EventType.STEP_ENDED: _step_ends,
    EventType.MATERIALIZED: _materialized,
    EventType.CHECK_EXECUTED: _check_executed,
}
