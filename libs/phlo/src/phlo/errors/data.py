"""PHLO-D900..D949: tables, the rows written to them, queries and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


class CommitConflict(DataError):
    """Somebody else changed a table between the beginning of a change and its end.

    Nothing was changed: of several tables none is published unless all are. Running the same thing
    again begins from the tables as they are now.
    """

    code = "PHLO-D902"

    def __init__(
        self, tables: Sequence[str], *, branch: str | None = None, target: str = "main"
    ) -> None:
        what = f"publish '{branch}' to '{target}'" if branch else f"commit to '{target}'"
        super().__init__(
            f"cannot {what}: {_names(tables)} moved there in the meantime",
            why="what was computed here began from an earlier state of the table",
            fix="run it again: it then begins from the tables as they are now",
        )
        self.tables = tuple(tables)


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


class UnknownRef(DataError):
    """A branch was named that the lake does not have."""

    code = "PHLO-D904"

    def __init__(self, ref: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"there is no branch '{ref}'",
            why="only main and the branches that were made can be named",
            fix=did_you_mean(ref, known) or "use 'main', or make the branch first",
        )


class RefExists(DataError):
    """A branch was to be made under a name that is taken."""

    code = "PHLO-D905"

    def __init__(self, ref: str) -> None:
        super().__init__(
            f"there is a branch '{ref}' already",
            why="a branch that is there is never replaced, since others may work on it",
            fix="choose another name, or drop that branch first",
        )


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


class UnsupportedType(DataError):
    """A column has a type that Iceberg tables do not have."""

    code = "PHLO-D919"

    def __init__(self, column: str, kind: str, *, fix: str) -> None:
        super().__init__(
            f"column '{column}' has the type '{kind}', which tables do not have",
            why="Iceberg has no type that would give the same values back",
            fix=fix,
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


class EngineUnavailable(DataError):
    """A query engine cannot start because a part of it is missing or does not fit."""

    code = "PHLO-D925"

    def __init__(self, engine: str, problem: str, *, fix: str | Fix) -> None:
        super().__init__(
            f"the query engine '{engine}' cannot start: {problem}",
            why="without it no SQL can be run",
            fix=fix,
        )


class UnknownSnapshot(DataError):
    """A snapshot was named that the table does not have (any more)."""

    code = "PHLO-D926"

    def __init__(self, table: str, snapshot_id: int) -> None:
        super().__init__(
            f"'{table}' has no snapshot {snapshot_id}",
            why="snapshots that nobody needs any more are removed in time",
            fix=Fix(
                f"see which there are: phlo describe {table}", command=f"phlo describe {table}"
            ),
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


class BadRefName(DataError):
    """A branch's name cannot be used."""

    code = "PHLO-D929"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' cannot be the name of a branch",
            why="a branch's name has letters, digits and . _ / @ : = -, at most 200 of them, "
            "and is not 'main'",
            fix="choose a name like 'dev' or 'fix/late-orders'",
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


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _plain(name: str) -> str:
    kept = "".join(c if c.isalnum() else "_" for c in name.rpartition(".")[2].lower())
    return kept.strip("_") or "orders"


def _evolve_fix(evolve: str) -> str:
    if evolve == "add":
        return "make the values fit, or write to a new table: old values do not fit the new type"
    return "make the rows fit the table, or allow the change with evolve='add'"
