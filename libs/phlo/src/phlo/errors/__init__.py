"""The base of every error phlo raises on purpose; each family has a module of its own.

    PhloError                 a fact, its place, its cause, its remedy
    ├── config.ConfigError         PHLO-C…  phlo.yaml and its layers          exit 3
    ├── workflow.WorkflowError     PHLO-A…  a workflow definition             exit 3
    ├── package.PackageError       PHLO-P…  an installed package              exit 4
    ├── wiring.WiringError         PHLO-W…  capabilities that do not meet     exit 5
    ├── runtime.PrerequisiteError  PHLO-R…  something the machine lacks       exit 6
    ├── state.ConflictError        PHLO-X…  a port, a secret, a state file    exit 7
    ├── lock.LockError             PHLO-L…  phlo.lock                         exit 8
    ├── service.ServiceError       PHLO-S…  a service that failed             exit 9, or 10
    ├── network.NetworkError       PHLO-N…  the network or a registry         exit 11
    └── data.DataError, runs.RunError  PHLO-D…  tables, checks and runs       exit 12

Imports nothing of phlo. `phlo.errors.catalogue` lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ExitCode(IntEnum):
    """The exit codes of the `phlo` command (docs/reference/exit-codes.md)."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    CONFIG = 3
    PACKAGE = 4
    WIRING = 5
    PREREQUISITE = 6
    CONFLICT = 7
    LOCK = 8
    SERVICE = 9
    STILL_STARTING = 10
    NETWORK = 11
    DATA = 12
    CHANGES_PENDING = 20
    INTERRUPTED = 130
    TERMINATED = 143


_FAMILIES = {
    "C": ExitCode.CONFIG,
    "A": ExitCode.CONFIG,
    "P": ExitCode.PACKAGE,
    "W": ExitCode.WIRING,
    "R": ExitCode.PREREQUISITE,
    "X": ExitCode.CONFLICT,
    "L": ExitCode.LOCK,
    "S": ExitCode.SERVICE,
    "N": ExitCode.NETWORK,
    "D": ExitCode.DATA,
}


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file: the offending value, lines and columns counted from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    source: str | None = None
    """The line of source itself, shown above the caret."""
    label: str | None = None
    """A few words beside the caret."""

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a file's text that removes an error: a range, and what takes its place."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    """The first column that stays."""
    replacement: str

    @classmethod
    def of(cls, where: Where, replacement: str) -> Edit | None:
        """Return the edit that replaces the text at a place; None where its end is not known."""
        numbers = (where.line, where.column, where.end_line, where.end_column)
        if None in numbers:
            return None
        line, column, end_line, end_column = (number or 0 for number in numbers)
        return cls(where.file, line, column, end_line, end_column, replacement)

    def as_json(self) -> dict[str, object]:
        """Return the edit as JSON values."""
        return {
            "file": self.file,
            "range": {"line": self.line, "column": self.column,
                      "end_line": self.end_line, "end_column": self.end_column},
            "replacement": self.replacement,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do about an error: words, and where there is one, the command that does it."""

    text: str
    command: str | None = None
    edit: Edit | None = None
    """The change that `phlo config fix` makes."""


@dataclass(frozen=True, slots=True)
class Related:
    """The other side of a conflict."""

    message: str
    where: Where | None = None


class PhloError(Exception):
    """Something the user can put right.

    Args:
        message: What is wrong, in one line: lower case, names in single quotes, no full stop.
        fix: What removes the error; never optional.
        why: The cause or the rule behind it.
        where: File, line and column of the offending value.
        path: The key path in the configuration, such as `services.trino.port`.
        related: Other places that take part in the error.
    """

    code: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        fix: str | Fix,
        why: str | None = None,
        where: Where | None = None,
        path: str | None = None,
        related: Iterable[Related] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix if isinstance(fix, Fix) else Fix(fix)
        self.why = why
        self.where = where
        self.path = path
        self.related = tuple(related)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this error's family."""
        return _FAMILIES[self.code.removeprefix("PHLO-")[0]]

    def diagnostics(self) -> Sequence[PhloError]:
        """The single errors this stands for: itself, or all that a group holds."""
        return (self,)

    def at(self, where: Where) -> PhloError:
        """Set the place, where the code that raised the error could not know it."""
        self.where = where
        return self

    def as_json(self, severity: str = "error") -> dict[str, object]:
        """Return the diagnostic as the JSON object that `--json` prints (`phlo.diagnostic/1`)."""
        where = self.where or Where(file="")
        return {
            "schema": "phlo.diagnostic/1",
            "code": self.code,
            "severity": severity,
            "message": self.message,
            "path": self.path,
            "file": where.file or None,
            "line": where.line,
            "column": where.column,
            "end_line": where.end_line,
            "end_column": where.end_column,
            "why": self.why,
            "fix": {
                "text": self.fix.text,
                "command": self.fix.command,
                "edit": self.fix.edit.as_json() if self.fix.edit else None,
            },
            "related": [
                {
                    "message": r.message,
                    "file": r.where.file if r.where else None,
                    "line": r.where.line if r.where else None,
                    "column": r.where.column if r.where else None,
                }
                for r in self.related
            ],
            "docs": f"phlo help {self.code}",
        }


class ErrorGroup(PhloError):
    """Several errors found in one go; the lowest family's exit code wins."""

    code = "PHLO-C100"

    def __init__(self, errors: Sequence[PhloError]) -> None:
        if not errors:
            raise ValueError("an ErrorGroup needs at least one error")
        self.errors = tuple(errors)
        super().__init__(f"{len(errors)} errors", fix="fix each of them")

    @property
    def exit_code(self) -> ExitCode:
        """The lowest exit code among the errors."""
        return min(e.exit_code for e in self.errors)

    def diagnostics(self) -> Sequence[PhloError]:
        """All errors, in the order they were found."""
        return tuple(d for e in self.errors for d in e.diagnostics())


def raise_all(errors: Sequence[PhloError]) -> None:
    """Raise one error as itself and several as a group; return if there are none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ErrorGroup(errors)


def with_label(where: Where, label: str) -> Where:
    """Return the place with words beside its caret."""
    return replace(where, label=label)
