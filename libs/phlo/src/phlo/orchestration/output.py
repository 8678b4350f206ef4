"""What a step prints and logs, kept as lines of its run's log."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phlo.orchestration.world import StepTeller

LOGGER = "phlo.asset"


@contextmanager
def captured(teller: StepTeller) -> Iterator[logging.Logger]:
    """Keep what is printed and logged in the block; gives the logger of `context.log`."""
    handler = _Handler(teller)
    everything = logging.getLogger()
    own = logging.getLogger(f"{LOGGER}.{teller.asset.key}")
    own.setLevel(logging.DEBUG)
    everything.addHandler(handler)
    out, err = _Lines(teller.log), _Lines(teller.log)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield own
    finally:
        everything.removeHandler(handler)
        out.finish()
        err.finish()


class _Handler(logging.Handler):
    def __init__(self, teller: StepTeller) -> None:
        super().__init__(logging.DEBUG)
        self._teller = teller

    def emit(self, record: logging.LogRecord) -> None:
        is_own = record.name.startswith(LOGGER)
        if is_own or record.levelno >= logging.WARNING:
            text = record.getMessage()
            if record.exc_info:
                text += "\n" + logging.Formatter().formatException(record.exc_info)
            self._teller.log(text, record.levelname.lower())


class _Lines(io.TextIOBase):
    """A text file whose lines go to a function."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._keep(line.rstrip())
        return len(text)

    def finish(self) -> None:
        """Keep a last line that was not ended."""
        if self._rest.strip():
            self._keep(self._rest.rstrip())
        self._rest = ""
