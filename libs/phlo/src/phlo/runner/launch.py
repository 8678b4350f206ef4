"""Starting a run as a child process, and following it through the store."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.errors.runs import StateUnwritable
from phlo.orchestration.events import Event, EventType
from phlo.orchestration.process import identity
from phlo.orchestration.recover import log_file, recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from phlo.lakehouse.lake import Lake
    from phlo.orchestration.records import StoredEvent
    from phlo.orchestration.store import Store
    from phlo.orchestration.world import RunOptions

#: How often the store is asked for news, in seconds.
_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Launched:
    """A run in a process of its own."""

    run_id: str
    process: subprocess.Popen[bytes]
    after: int
    """The last event before it."""


def command(python: str, assets: Sequence[str], options: RunOptions) -> list[str]:
    """Return the command of a run: what any orchestrator calls, too."""
    flags = {
        "--partition": options.partition,
        "--ref": options.ref if options.ref != "main" else None,
        "--selection": options.selection or None,
        "--trigger": options.trigger if options.trigger != "manual" else None,
    }
    return [
        python, "-P", "-m", "phlo", "exec", *assets, "--run-id", options.run_id,
        *(part for flag, value in flags.items() if value is not None for part in (flag, value)),
        *(["--full-refresh"] if options.full_refresh else []),
        *([] if options.checks else ["--no-checks"]),
        *(["--checks-only"] if options.checks_only else []),
    ]  # fmt: skip


def launch(
    store: Store,
    root: Path,
    python: str,
    assets: Sequence[str],
    options: RunOptions,
    *,
    detached: bool = False,
) -> Launched:
    """Start a run; what it prints goes to `.phlo/logs/runs/<id>.log`.

    Args:
        store: Where it is followed.
        root: The project's folder.
        python: The project's interpreter.
        assets: The assets to make.
        options: What else was asked for.
        detached: Let it outlive this process.
    """
    log = log_file(root, options.run_id)
    after = store.last_event()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    except OSError as error:
        raise StateUnwritable(str(log), error.strerror or str(error)) from error
    with output:
        process = subprocess.Popen(
            [*command(python, assets, options), "-C", str(root),
             *([] if detached else ["--with-parent", str(os.getpid())])],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=root,
            # Its own group: Ctrl-C is passed on once, by the process that the user sees.
            start_new_session=True,
        )  # fmt: skip
    # From now on the run lives as long as its own process does.
    itself = {"pid": process.pid, "process": identity(process.pid)}
    store.record(Event(EventType.RUN_QUEUED, options.run_id, data=itself))
    return Launched(options.run_id, process, after)


def follow(
    store: Store,
    lake: Lake,
    root: Path,
    launched: Launched,
    was_cancelled: Callable[[], bool],
) -> Iterator[StoredEvent]:
    """Yield the events of a run until it has ended, however it ended.

    Args:
        store: Where they are.
        lake: The project's tables.
        root: The project's folder.
        launched: The run.
        was_cancelled: Whether it was asked to end, should it end without a word.
    """
    seen = launched.after
    while True:
        is_gone = launched.process.poll() is not None
        events = store.events(launched.run_id, after=seen)
        for event in events:
            seen = event.seq
            yield event
            if event.type == EventType.RUN_ENDED:
                launched.process.wait()
                return
        if is_gone and not events:
            if was_cancelled():
                store.record(Event(EventType.RUN_CANCELLING, launched.run_id))
            if not recover(root, lake, gone={launched.run_id}).runs:
                return
        if not events:
            time.sleep(_EVERY)
