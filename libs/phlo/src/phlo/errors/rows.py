"""PHLO-D9xx: rows on their way into a table, their keys, types and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.data import DataError
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class NullKeys(DataError):
    """Rows came in whose key is NULL.

    A key identifies a row; NULL identifies nothing: such a row could never be updated or deleted.
    """

    code = "PHLO-D906"

    def __init__(self, table: str, counts: Mapping[str, int], rows: int) -> None:
        found = ", ".join(f"{n:,} in '{column}'" for column, n in counts.items())
        super().__init__(
            f"{_rows(rows)} for '{table}' have a NULL key: {found}",
            why=f"the key ({', '.join(counts)}) identifies a row, and NULL identifies nothing",
            fix="leave those rows out, fill the column, or choose another key",
        )


class DuplicateKeys(DataError):
    """Several rows of one load have the same key, and nothing says which one counts."""

    code = "PHLO-D907"

    def __init__(
        self, table: str, key: Sequence[str], keys: int, examples: Sequence[Sequence[object]]
    ) -> None:
        shown = "; ".join(
            ", ".join(f"{k}={v!r}" for k, v in zip(key, values, strict=True)) for values in examples
        )
        super().__init__(
            f"{keys:,} {'keys' if keys != 1 else 'key'} for '{table}' came more than once in one "
            f"load, such as {shown}",
            why=f"({', '.join(key)}) is the key, and nothing says which of its rows counts",
            fix="say it with dedupe_by, such as dedupe_by='-updated_at' (the newest wins), "
            "or choose a key that is unique",
        )


class SchemaRefused(DataError):
    """The rows do not fit the table's schema, and `evolve` does not let the schema change.

    `strict` takes only the columns there are; `widen` lets int become long and float become double;
    `add` also takes new columns. A column never gets a type that does not hold its old values.
    """

    code = "PHLO-D908"

    def __init__(self, table: str, problems: Sequence[str], *, evolve: str) -> None:
        super().__init__(
            f"the rows do not fit the schema of '{table}': {'; '.join(problems)}",
            why=f"evolve={evolve!r} does not allow that change",
            fix=_evolve_fix(evolve),
        )
        self.problems = tuple(problems)


class BadSchema(DataError):
    """A declared schema cannot be understood."""

    code = "PHLO-D909"

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(
            f"the declared schema cannot be used: {problem}",
            why="a schema says which rows are let in, so it is never guessed",
            fix=fix,
        )


class ValuesDoNotFit(DataError):
    """Values came in that do not fit their column's type."""

    code = "PHLO-D910"

    def __init__(self, column: str, problem: str, *, row: int | None = None) -> None:
        place = "" if row is None else f" (row {row:,} of the load)"
        super().__init__(
            f"column '{column}' does not hold what came{place}: {problem}",
            why="a column has one type, and no value is changed or dropped silently",
            fix="make the values alike where they are made, or declare the type in schema={...}",
        )
        self.column, self.row = column, row


class NotRows(DataError):
    """A function returned something that is no rows."""

    code = "PHLO-D911"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"cannot make rows of a '{kind}'",
            why="a table is made of rows, and this gives none",
            fix="return or yield dicts, dataclasses, pydantic objects, lists of them, pandas, "
            "polars or pyarrow tables, batches or readers, or phlo.files('data/*.csv')",
        )


class NoSuchFiles(DataError):
    """A path or glob matches no file."""

    code = "PHLO-D912"

    def __init__(self, pattern: str, root: str) -> None:
        super().__init__(
            f"no file matches '{pattern}'",
            why=f"it was looked for from '{root}'",
            fix="correct the path; it is relative to the project's folder",
        )


class UnreadableSource(DataError):
    """A source file cannot be read in its format."""

    code = "PHLO-D913"

    def __init__(self, path: str, problem: str, *, fix: str | None = None) -> None:
        super().__init__(
            f"'{path}' cannot be read: {problem}",
            why="a file that is read in part would make a table that lacks rows",
            fix=fix or "correct the file, or say its format: phlo.files(..., format='csv')",
        )


class UnknownColumn(DataError):
    """A column was named that the rows or the table do not have."""

    code = "PHLO-D914"

    def __init__(self, column: str, *, said_by: str, known: Iterable[str], table: str) -> None:
        known = tuple(known)
        fallback = f"the columns are {', '.join(known) or 'none'}"
        super().__init__(
            f"'{table}' has no column '{column}', which {said_by} names",
            why="a column is looked up by its exact name",
            fix=did_you_mean(column, known) or fallback,
        )
        self.column = column


class OutsidePartition(DataError):
    """Rows came in that lie outside the part of the table that an overwrite replaces.

    Written once they would be there; written again they would be there twice, because the second
    overwrite would not replace them.
    """

    code = "PHLO-D917"

    def __init__(self, table: str, condition: str, rows: int, example: str) -> None:
        super().__init__(
            f"{_rows(rows)} for '{table}' do not satisfy '{condition}', such as {example}",
            why="the overwrite replaces only those rows, so a second run would double the others",
            fix="return only the rows of the partition, or correct the partition's column",
        )


class UnsupportedType(DataError):
    """A column has a type that Iceberg tables do not have."""

    code = "PHLO-D919"

    def __init__(self, column: str, kind: str, *, fix: str) -> None:
        super().__init__(
            f"column '{column}' has the type '{kind}', which tables do not have",
            why="Iceberg has no type that would give the same values back",
            fix=fix,
        )


class DataOfAnotherShape(DataError):
    """Columns of the data cannot be told apart or named."""

    code = "PHLO-D930"

    def __init__(self, table: str, problem: str) -> None:
        super().__init__(
            f"the rows for '{table}' cannot be written: {problem}",
            why="SQL does not tell names apart by case, and every column needs a name of its own",
            fix="rename the column where the rows are made",
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _evolve_fix(evolve: str) -> str:
    if evolve == "add":
        return "make the values fit, or write to a new table: old values do not fit the new type"
    return "make the rows fit the table, or allow the change with evolve='add'"
