"""Errors of snapshots: the data of a service, kept in a file before it is removed (X)."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.state import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable


class SnapshotFailed(ConflictError):
    """The data of a service cannot be kept in a file before it is removed, so it is not removed.

    The disk would be full, the folder is read-only, or the data cannot be read.
    """

    code = "PHLO-X317"

    def __init__(self, service: str, folder: str, problem: str) -> None:
        command = f"phlo services reset {service} --no-snapshot"
        super().__init__(
            f"no snapshot of '{service}' can be taken: {problem}",
            why="nothing was removed: its data is as it was",
            fix=Fix(
                f"make room in {folder}, such as by removing older snapshots there\n"
                f"or remove the data without a way back: {command}",
                command=command,
            ),
        )
        self.service = service


class SnapshotUnusable(ConflictError):
    """A file is no snapshot of this service that can be put back here, so nothing was removed."""

    code = "PHLO-X318"

    def __init__(
        self, file: str, problem: str, *, there: Iterable[str] = (), command: str | None = None,
        fix: str | None = None,
    ) -> None:  # fmt: skip
        if listed := ", ".join(there):
            fix = f"take one of these: {listed}"
        elif not fix:
            command = command or "ls .phlo/snapshots"
            fix = command
        super().__init__(
            f"{quote(file)} cannot be put back: {problem}",
            why="nothing was removed: the data is as it was",
            fix=Fix(fix, command),
        )


class RestoreFailed(ConflictError):
    """A snapshot was being put back, and what it holds could not be written whole."""

    code = "PHLO-X319"

    def __init__(self, service: str, file: str, problem: str, *, before: str | None) -> None:
        again = f"phlo services reset {service} --restore {quote(file)} --no-snapshot"
        kept = f"; what was there before is in {before}" if before else ""
        super().__init__(
            f"the data of '{service}' was not put back whole: {problem}",
            why=f"the snapshot is as it was{kept}",
            fix=Fix(f"put right what it says, then again: {again}", command=again),
        )
        self.service = service
