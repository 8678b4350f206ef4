"""What happens in a run, one event at a time; the store, phlo-api and orchestrators read them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class EventType(StrEnum):
    """Every type an event can have."""

    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_CANCELLING = "run.cancelling"
    RUN_ENDED = "run.ended"
    STEP_STARTED = "step.started"
    STEP_PROGRESS = "step.progress"
    STEP_RETRY = "step.retry"
    STEP_ENDED = "step.ended"
    MATERIALIZED = "materialized"
    CHECK_EXECUTED = "check.executed"
    PUBLISHED = "published"
    HELD_BACK = "held_back"
    LOG = "log"


def now() -> str:
    """Return the present time as every record has it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""

    type: EventType
    run_id: str
    asset: str | None = None
    partition: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    at: str = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """Return the event as a line of `PHLO_EVENTS_FILE` has it."""
        return {
            "schema": "phlo.event/1",
            "type": self.type.value,
            "run_id": self.run_id,
            "asset": self.asset,
            "partition": self.partition,
            "at": self.at,
            "data": dict(self.data),
        }

    def as_line(self) -> str:
        """Return the event as one line of JSON."""
        return json.dumps(self.as_json(), default=str, ensure_ascii=False) + "\n"


class EventsFile:
    """Writes events into a file as they come, for the orchestrator that called `phlo exec`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, event: Event) -> None:
        """Write one event."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(event.as_line())
