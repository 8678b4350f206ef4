"""How a run ended: what was published, what was held back and why, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.cli import output
from phlo.cli.progress import check_words, count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phlo.orchestration.records import StepRecord
    from phlo.runner.result import RunResult


def show_result(result: RunResult, root: Path, *, checks_only: bool = False) -> None:
    """Print how a run ended, and on stderr each error with its place."""
    from phlo.orchestration.diagnostics import error_from_json

    for step in result.steps:
        if step.error is not None and step.state == "failed":
            output.show_error(error_from_json(step.error, root))
    if result.run.error is not None and not any(step.error for step in result.steps):
        output.show_error(error_from_json(result.run.error, root))
    for line in _lines(result, checks_only=checks_only):
        output.data(line)


def _lines(result: RunResult, *, checks_only: bool) -> Iterator[str]:
    if not result.steps:
        yield "there was nothing to do"
        return
    yield ""
    groups: dict[str, list[StepRecord]] = {}
    for step in result.steps:
        groups.setdefault(_group(step, checks_only=checks_only), []).append(step)
    for name, steps in groups.items():
        if name in ("held back", "failed", "skipped", "cancelled"):
            for step in steps:
                yield f"{name:<11} {_name(step)}: {_why(step, result)}"
        else:
            for step in steps:
                yield f"{name:<11} {_name(step)}  {_changes(step)}".rstrip()
    yield ""
    if result.run.state == "queued":
        yield f"started     {result.run.id}"
    yield f"look        {_look(result)}"


def _group(step: StepRecord, *, checks_only: bool) -> str:
    if step.state == "succeeded":
        if checks_only:
            return "passed"
        return "unchanged" if step.reason == "unchanged" else "published"
    return step.state.replace("_", " ")


def _name(step: StepRecord) -> str:
    return step.asset if step.partition is None else f"{step.asset} [{step.partition}]"


def _why(step: StepRecord, result: RunResult) -> str:
    if step.state == "held_back":
        return "; ".join(
            f"{outcome.spec.name}: {check_words(outcome.as_json())}"
            for outcome in result.checks
            if outcome.table == step.asset and outcome.is_blocking
        )
    if step.error is not None:
        return str(step.error["message"])
    return step.reason or ""


def _changes(step: StepRecord) -> str:
    parts = [
        f"{sign}{number:,}"
        for sign, number in (
            ("+", step.rows_added), ("~", step.rows_updated), ("-", step.rows_deleted)
        )
        if number
    ]  # fmt: skip
    total = "" if step.rows_total is None else count(step.rows_total, "row")
    return f"{total} ({', '.join(parts)})" if parts else total


def _look(result: RunResult) -> str:
    done = [step.asset for step in result.steps if step.state == "succeeded"]
    if result.succeeded and done:
        return f"phlo preview {done[-1]}"
    return f"phlo runs show {result.run.id}"
