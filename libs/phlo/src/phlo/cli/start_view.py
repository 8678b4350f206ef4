"""Services on their way: one line each, live on a terminal, one line a change elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phlo.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from phlo.runtime.progress import Progress

MARKS = {
    "healthy": ("✓", "green"), "starting": ("▸", "cyan"), "waiting": ("·", "dim"),
    "stopped": ("-", "dim"), "unhealthy": ("!", "yellow"), "crashed": ("✗", "red"),
    "failed": ("✗", "red"), "embedded": ("✓", "green"), "external": ("→", "dim"),
    "unknown": ("?", "yellow"),
}  # fmt: skip

#: Where lines stay, what a service says of the same state is shown once in so many seconds.
_PAUSE = 5.0


class StartView:
    """Shows the progress of services as it comes."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._is_live = not quiet and sys.stderr.isatty()
        self._latest: dict[str, Progress] = {}
        self._printed: dict[str, Progress] = {}

    @contextmanager
    def watching(self) -> Iterator[StartView]:
        """Show the picture while the block runs."""
        if not self._is_live:
            yield self
            return
        from rich.live import Live

        console = output.console(stderr=True)
        with Live(get_renderable=self._picture, console=console, refresh_per_second=8) as live:
            yield self
            live.refresh()

    def __call__(self, progress: Progress) -> None:
        """Take in one change."""
        self._latest[progress.service] = progress
        if self._quiet or self._is_live:
            return
        if _is_news(self._printed.get(progress.service), progress):
            self._printed[progress.service] = progress
            output.note(_line(progress).plain)

    def _picture(self) -> Any:
        from rich.console import Group

        return Group(*(_line(progress) for progress in self._latest.values()))


def _is_news(before: Progress | None, now: Progress) -> bool:
    """Whether a change is worth a line of its own, where lines stay."""
    if before is None:
        # What has not begun yet is found stopped; what was stopped took its time.
        return now.state != "stopped" or now.elapsed > 0.2
    is_old = before.message is None or now.elapsed - before.elapsed >= _PAUSE
    return before.state != now.state or (before.message != now.message and is_old)


def _line(progress: Progress) -> Text:
    from rich.text import Text

    mark, style = MARKS[str(progress.state)]
    text = Text()
    text.append(f"{mark} ", style)
    text.append(f"{progress.service:<24} {progress.state:<10} {progress.elapsed:5.1f} s")
    if said := progress.cause or progress.message:
        text.append(f"  {said}", "dim")
    return text
