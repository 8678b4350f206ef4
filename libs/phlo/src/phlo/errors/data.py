"""PHLO-D900..D949: tables, the lake that they are in, and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.errors import Where


class DataError(PhloError):
    """Something about a table, its rows, a query or a check is not as it must be."""

    code = "PHLO-D900"


class UnknownTable(DataError):
    """A table was named that the ref does not have.

    Tables are `namespace.table`; `raw.orders` and `lake.raw.orders` are the same table. A
    branch has the tables that its source had when it was made, and those written on it since.
    """

    code = "PHLO-D901"

    def __init__(
        self,
        table: str,
        *,
        known: Iterable[str] = (),
        ref: str = "main",
        where: Where | None = None,
    ) -> None:
        on = "" if ref == "main" else f" on '{ref}'"
        known = tuple(known)
        close = did_you_mean(table, known)
        nothing = "" if known else "there is no table yet: make one with `phlo materialize`"
        super().__init__(
            f"there is no table '{table}'{on}",
            where=where,
            why="tables are looked up by namespace and name on the branch that is asked",
            fix=close or nothing or "`phlo tables` lists the tables there are",
        )
        self.table = table


class BadTableName(DataError):
    """A table's name is not of the form `namespace.table`."""

    code = "PHLO-D903"

    def __init__(self, name: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{name}' is not a table's name",
            where=where,
            why="a table is 'namespace.table': lower-case letters, digits and '_', "
            "each part beginning with a letter or '_'",
            fix=f"name it like 'raw.{_plain(name)}'",
        )


class BadTransform(DataError):
    """A part of `partition_by` or `sort_by` is not a transform of a column."""

    code = "PHLO-D915"

    def __init__(self, text: str, *, close: str | None = None) -> None:
        super().__init__(
            f"'{text}' is not a partition transform",
            why="Iceberg lays out files by these transforms only",
            fix=close
            or "write a column, or one of year(c), month(c), day(c), hour(c), bucket(16, c), "
            "truncate(4, c)",
        )


class LakeMoved(DataError):
    """A table's files are not where its metadata says.

    Iceberg writes absolute paths into a table's metadata, so the tables' folder cannot be moved.
    """

    code = "PHLO-D918"

    def __init__(self, table: str, path: str) -> None:
        super().__init__(
            f"the files of '{table}' are not at '{path}'",
            why="metadata holds absolute paths: the project was moved, or files were deleted",
            fix="move the project back, or link the old path to the new one (ln -s NEW OLD), "
            "or drop the table and materialize it again",
        )


class BadCheck(DataError):
    """A check is not written as a check is."""

    code = "PHLO-D923"

    def __init__(self, item: str, problem: str, *, fix: str, where: Where | None = None) -> None:
        super().__init__(
            f"the check {item} cannot be used: {problem}",
            why="a check that is not understood would pass in silence",
            fix=fix,
            where=where,
        )


class NoMergeKey(DataError):
    """A merge was asked for without a key, or with one that cannot identify rows."""

    code = "PHLO-D924"

    def __init__(self, table: str, problem: str) -> None:
        super().__init__(
            f"cannot merge into '{table}': {problem}",
            why="a merge replaces the rows that have the same key",
            fix="name the columns that identify a row (key='id'), or use another mode",
        )


class LakeUnwritable(DataError):
    """The folder of the tables cannot be written: read-only, full, or owned by somebody else."""

    code = "PHLO-D927"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"cannot write the tables in '{path}': {problem}",
            why="the system refused to write",
            fix="make room there, or give yourself the right to write; nothing was changed",
        )


class LakeTooNew(DataError):
    """A later phlo made the catalog of the tables, and this one does not know its form."""

    code = "PHLO-D928"

    def __init__(self, file: str, found: int, known: int) -> None:
        super().__init__(
            f"'{file}' has schema {found}, and this phlo knows up to {known}",
            why="a later phlo made it",
            fix=Fix("upgrade phlo: pip install --upgrade phlo", command="pip install -U phlo"),
        )


def _plain(name: str) -> str:
    kept = "".join(c if c.isalnum() else "_" for c in name.rpartition(".")[2].lower())
    return kept.strip("_") or "orders"
