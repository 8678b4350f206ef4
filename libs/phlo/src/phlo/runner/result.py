"""What came of a run, as the store tells it."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors import ExitCode
from phlo.errors.runs import UnknownRun
from phlo.model.checks import CheckOutcome
from phlo.orchestration.events import EventType

if TYPE_CHECKING:
    from phlo.orchestration.records import RunRecord, StepRecord
    from phlo.orchestration.store import Store

#: More events than any run has.
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run."""

    run: RunRecord
    steps: tuple[StepRecord, ...]
    checks: tuple[CheckOutcome, ...] = ()
    signal_number: int | None = None
    """What it was cancelled by, where this process passed it on."""

    @property
    def succeeded(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.run.state == "succeeded"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that says it."""
        if self.run.state == "cancelled":
            is_terminated = self.signal_number == signal.SIGTERM
            return ExitCode.TERMINATED if is_terminated else ExitCode.INTERRUPTED
        return ExitCode.DATA if self.run.state == "failed" else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "run": self.run.as_json(),
            "steps": [step.as_json() for step in self.steps],
            "checks": [outcome.as_json() for outcome in self.checks],
        }


def read_result(store: Store, run_id: str, signal_number: int | None = None) -> RunResult:
    """Return what is known of a run.

    Raises:
        UnknownRun: There is no such run.
    """
    run = store.run(run_id)
    if run is None:
        raise UnknownRun(run_id, (one.id for one in store.runs(3)))
    outcomes = (
        CheckOutcome.from_json(event.data["outcome"])
        for event in store.events(run_id, limit=_ALL)
        if event.type == EventType.CHECK_EXECUTED
    )
    return RunResult(run, store.steps(run_id), tuple(outcomes), signal_number)
