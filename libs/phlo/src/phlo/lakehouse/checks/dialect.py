"""The SQL of checks, which is DuckDB's, as other engines speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def in_dialect(sql: str, dialect: str) -> str:
    """Return a check's SQL in an engine's dialect."""
    if dialect == "duckdb":
        return sql
    import sqlglot

    return sqlglot.parse_one(sql, read="duckdb").transform(_known_to_all).sql(dialect)


def _known_to_all(node: exp.Expr) -> exp.Expr:
    """Return a part of a statement as something that every dialect has a word for."""
    from sqlglot import exp

    if not isinstance(node, exp.Func) or _name(node) != "REGEXP_FULL_MATCH":
        return node
    text, pattern = node.expressions or (node.this, node.expression)
    if isinstance(pattern, exp.Literal):
        # `$` would let a line break at the end of the text pass.
        pattern = exp.Literal.string(rf"\A(?:{pattern.this})\z")
    return exp.RegexpLike(this=text, expression=pattern)


def _name(function: exp.Func) -> str:
    from sqlglot import exp

    named = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    return str(named).upper()
