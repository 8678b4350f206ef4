"""PHLO-D9xx: queries, and the conditions in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.data import DataError

if TYPE_CHECKING:
    from phlo.errors import Fix, Where


class BadPredicate(DataError):
    """A SQL condition cannot be used where it stands.

    Conditions that decide what is written (`delete_when`, the filter of an overwrite) are
    comparisons of columns with values, joined by AND, OR and NOT: the same on every engine.
    """

    code = "PHLO-D916"

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(
            f"the condition '{text}' cannot be used: {problem}",
            why="it decides which rows are deleted or replaced, so nothing in it is guessed",
            fix="compare columns with values: =, <>, <, <=, >, >=, IN, BETWEEN, IS NULL, "
            "LIKE 'prefix%', joined by AND, OR, NOT",
        )


class QueryFailed(DataError):
    """A query engine refused a statement or failed while it ran."""

    code = "PHLO-D920"

    def __init__(self, problem: str, *, where: Where | None = None, fix: str | None = None) -> None:
        super().__init__(
            problem,
            where=where,
            why="the query engine refused it",
            fix=fix or "correct the statement",
        )


class QueryCancelled(DataError):
    """A query was cancelled before it was done."""

    code = "PHLO-D921"

    def __init__(self) -> None:
        super().__init__(
            "the query was cancelled",
            why="somebody cancelled it, or the program that asked went away",
            fix="run it again if that was not meant",
        )


class NotReadOnly(DataError):
    """A statement does more than read, and only reading is allowed here.

    Tables are changed by materializing assets: every change has a run, checks and a lineage.
    """

    code = "PHLO-D922"

    def __init__(self, what: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"{what} is not allowed: only reading is",
            where=where,
            why="tables are changed by materializing assets, so that every change is checked",
            fix="write a query: SELECT, WITH, VALUES, DESCRIBE, SHOW or EXPLAIN",
        )


class EngineUnavailable(DataError):
    """A query engine cannot start because a part of it is missing or does not fit."""

    code = "PHLO-D925"

    def __init__(self, engine: str, problem: str, *, fix: str | Fix) -> None:
        super().__init__(
            f"the query engine '{engine}' cannot start: {problem}",
            why="without it no SQL can be run",
            fix=fix,
        )
