"""Statements before they run: what they read, and whether they only read."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from phlo.errors import Where
from phlo.errors.queries import NotReadOnly, QueryFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

CATALOG = "lake"
#: Schemas that every engine has of itself.
SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog"})
#: Functions in FROM that read nothing outside the statement.
TABLE_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "values", "flatten",
     "duckdb_columns", "duckdb_tables", "duckdb_views", "duckdb_functions", "duckdb_types"}
)  # fmt: skip

_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?(?=select|with|from|values|\()", re.IGNORECASE)


@lru_cache(maxsize=32)
def parse(sql: str, dialect: str) -> exp.Expr:
    """Return the one statement that a text holds; it is shared, so it must not be changed.

    Raises:
        QueryFailed: It is empty, no SQL of this dialect, or several statements.
    """
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    # An EXPLAIN reads what its statement reads; sqlglot knows it only as a command.
    prefix = _EXPLAIN.match(sql)
    text = " " * prefix.end() + sql[prefix.end() :] if prefix else sql
    try:
        with _quiet():
            statements = [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except ParseError as error:
        raise _misunderstood(error) from None
    except SqlglotError as error:
        raise QueryFailed(str(error).splitlines()[0]) from None
    if not statements:
        raise QueryFailed("there is no statement", fix="write a query, such as select 1")
    if len(statements) > 1:
        raise QueryFailed(
            f"there are {len(statements)} statements", fix="run them one after the other"
        )
    return statements[0]


def read_only_statement(sql: str, dialect: str) -> None:
    """Refuse a statement unless it does nothing but read the lake's tables.

    Raises:
        NotReadOnly: It changes something, or reads from outside.
        QueryFailed: It is no SQL of this dialect.
    """
    from sqlglot import exp

    tree = parse(sql, dialect)
    allowed = (exp.Query, exp.Values, exp.Describe, exp.Show, exp.Summarize, exp.Pivot, exp.Table)
    if not isinstance(tree, allowed):
        if isinstance(tree, exp.Command) and str(tree.this).upper() == "SHOW":
            return  # it only tells names, in every dialect
        raise NotReadOnly(_what(tree, sql))
    for node in tree.walk():
        if isinstance(node, (exp.DDL, exp.DML, exp.Into, exp.Command)):
            raise NotReadOnly(_what(node, sql))
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Func):
            name = _function_name(node.this)
            if name not in TABLE_FUNCTIONS:
                raise NotReadOnly(f"reading from outside by '{name}'")


def tables_of(sql: str, dialect: str) -> tuple[str, ...]:
    """Return the tables that a statement reads, sorted, without the `lake.` before them.

    Names that the statement defines itself are left out. A name without a namespace is returned
    as it is: no table has such a name.

    Raises:
        QueryFailed: It is no SQL of this dialect.
    """
    from sqlglot import exp

    found = set()
    for node in parse(sql, dialect).find_all(exp.Table):
        parts = [part.name.lower() for part in node.parts]
        if isinstance(node.this, exp.Func) or not all(parts):
            continue
        if len(parts) == 3 and parts[0] == CATALOG:
            parts = parts[1:]
        if len(parts) == 1 and parts[0] in _defined(node):
            continue
        if parts[0] not in SYSTEM_SCHEMAS:
            found.add(".".join(parts))
    return tuple(sorted(found))


def place(sql: str, offset: int) -> Where:
    """Return line and column of an offset into a statement, with the line itself."""
    before = sql[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    lines = sql.split("\n")
    return Where("<sql>", line, column, source=lines[line - 1] if line <= len(lines) else None)


def _defined(node: exp.Expr) -> set[str]:
    """Return the names of the WITH clauses that are in force where a node stands."""
    names: set[str] = set()
    above: exp.Expr | None = node
    while above is not None:
        names.update(cte.alias.lower() for cte in getattr(above, "ctes", ()))
        above = above.parent
    return names


def _misunderstood(error: Exception) -> QueryFailed:
    details = (getattr(error, "errors", None) or [{}])[0]
    problem = str(details.get("description") or error).splitlines()[0].rstrip(".").lower()
    line, column = details.get("line"), details.get("col")
    return QueryFailed(problem, where=Where("<sql>", line, column) if line else None)


def _what(node: exp.Expr, sql: str) -> str:
    word = sql.split()[0].upper() if node.parent is None else node.key.upper()
    return f"'{word}'"


def _function_name(node: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return str(getattr(node, "sql_name", lambda: node.key)()).lower()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep sqlglot from logging what it could not parse in full; that is refused with an error."""
    logger = logging.getLogger("sqlglot")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
