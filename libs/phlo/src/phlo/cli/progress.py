"""A run as a person watches it: one line for each asset, its checks beneath, the end in words."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phlo.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from phlo.orchestration.records import StoredEvent

_MARKS = {
    "queued": ("·", "dim"), "running": ("▸", "cyan"), "succeeded": ("✓", "green"),
    "unchanged": ("=", "green"), "failed": ("✗", "red"), "held_back": ("‖", "yellow"),
    "skipped": ("-", "dim"), "cancelled": ("-", "yellow"),
}  # fmt: skip
_CHECK_MARKS = {
    "failed": ("✗", "red"), "error": ("✗", "red"), "warned": ("!", "yellow"),
    "skipped": ("-", "dim"),
}  # fmt: skip


@dataclass(slots=True)
class _Line:
    """What is known of one step."""

    name: str
    state: str = "queued"
    stage: str = ""
    began: float = 0.0
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""
    note: str = ""


class RunView:
    """Shows a run's events as they come: a live picture on a terminal, plain lines elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._is_live = not quiet and sys.stderr.isatty()
        self._lines: dict[tuple[str, str | None], _Line] = {}
        self._live: Any = None

    @contextmanager
    def watching(self) -> Iterator[RunView]:
        """Show the picture while the block runs."""
        if not self._is_live:
            yield self
            return
        from rich.live import Live

        console = output.console(stderr=True)
        with Live(
            get_renderable=self._picture, console=console, refresh_per_second=8, transient=False
        ) as self._live:
            yield self
            self._live.refresh()

    def __call__(self, event: StoredEvent) -> None:
        """Take in one event."""
        if event.type in ("run.queued", "run.started"):
            for asset, key in event.data.get("steps", ()):
                self._line(asset, key)
        elif event.asset is not None:
            self._step_event(event, self._line(event.asset, event.partition))

    def _step_event(self, event: StoredEvent, line: _Line) -> None:
        data = event.data
        if event.type == "step.started":
            line.state, line.began = "running", _moment(event)
            self._say(f"{line.name}: started")
        elif event.type == "step.progress":
            line.stage = data.get("stage", line.stage)
            line.facts |= {k: v for k, v in data.items() if isinstance(v, (int, float))}
        elif event.type == "step.retry":
            line.note = f"again ({data['reason']}): attempt {data['attempt']}"
            self._say(f"{line.name}: {line.note}")
        elif event.type == "check.executed":
            line.checks.append(data["outcome"])
        elif event.type == "step.ended":
            line.seconds = _moment(event) - line.began if line.began else 0.0
            self._end(line, data)

    def _end(self, line: _Line, data: Any) -> None:
        line.state, line.reason = data["state"], data.get("reason") or ""
        line.facts |= {k: v for k, v in data.items() if isinstance(v, (int, float))}
        if line.reason == "unchanged":
            line.state = "unchanged"
        if not self._is_live:
            for text in _described(line):
                self._say(text.plain)

    def _line(self, asset: str, key: str | None) -> _Line:
        name = asset if key is None else f"{asset} [{key}]"
        return self._lines.setdefault((asset, key), _Line(name))

    def _say(self, text: str) -> None:
        if not self._quiet and not self._is_live:
            output.note(text)

    def _picture(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        lines = list(self._lines.values())
        # On a small screen those that are done make room for those that are not.
        room = max(8, output.console(stderr=True).size.height - 4)
        shown = [text for line in lines for text in _described(line)]
        hidden = max(0, len(shown) - room)
        first = [Text(f"  {hidden} lines above", "dim")] if hidden else []
        return Group(*first, *shown[hidden:])


def _moment(event: StoredEvent) -> float:
    return datetime.fromisoformat(event.at).timestamp()


def _described(line: _Line) -> list[Text]:
    """Return a step's line, and one for each check that did not pass."""
    from rich.text import Text

    mark, style = _MARKS[line.state]
    text = Text()
    text.append(f"{mark} ", style)
    text.append(f"{line.name:<32} ", "bold" if line.state == "running" else "")
    text.append(
        f"{line.stage if line.state == 'running' and line.stage else _word(line.state):<10}"
    )
    if facts := _facts(line):
        text.append(f" {facts}", "dim")
    if line.note and line.state == "running":
        text.append(f"  {line.note}", "yellow")
    return [text, *_check_lines(line)]


def _facts(line: _Line) -> str:
    if line.state in ("queued", "skipped", "cancelled"):
        return line.reason
    seconds = line.seconds or (time.time() - line.began if line.began else 0.0)
    parts = []
    if rows := line.facts.get("rows_in"):
        parts.append(f"{count(rows, 'row')}")
        if seconds >= 0.1:
            parts.append(f"{rows / seconds:,.0f}/s")
    elif line.state == "unchanged" and (total := line.facts.get("rows_total")):
        parts.append(f"{count(total, 'row')}")
    parts.append(f"{seconds:.1f} s")
    return "  ".join(parts)


def _check_lines(line: _Line) -> list[Text]:
    from rich.text import Text

    lines = []
    passed = sum(1 for outcome in line.checks if outcome["status"] == "passed")
    if passed:
        lines.append(Text.assemble(("    ✓ ", "green"), f"{count(passed, 'check')} passed"))
    for outcome in line.checks:
        if outcome["status"] != "passed":
            mark, style = _CHECK_MARKS[outcome["status"]]
            text = f"{outcome['spec']['name']}: {check_words(outcome)}"
            lines.append(Text.assemble((f"    {mark} ", style), text))
    return lines


def check_words(outcome: Any) -> str:
    """Return what a check found, in a few words."""
    status, failed, checked = outcome["status"], outcome.get("failed"), outcome.get("checked")
    message = outcome.get("message")
    if status == "skipped":
        return f"skipped ({message or 'there is no row'})"
    if status == "error":
        return f"could not be asked: {message}"
    if status == "passed":
        return "passed"
    words = message or (
        f"{failed:,} of {count(checked, 'row')} fail" if failed and checked else "fails"
    )
    return f"{words} (warning)" if status == "warned" else str(words)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `1,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _word(state: str) -> str:
    return {"held_back": "held back", "succeeded": "done"}.get(state, state)
