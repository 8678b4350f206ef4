"""SQL from the dialect it is written in to the engine's, or a refusal; never a silent change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.workflow import NotTranslatable
from phlo.lakehouse.checks.compile import quoted

if TYPE_CHECKING:
    from phlo.errors import Where

#: They quote as the standard says, which need not be looked up.
_STANDARD = frozenset({"duckdb", "trino", "postgres"})


def quoted_in(name: str, dialect: str) -> str:
    """Return an identifier in the quotes of a dialect."""
    if dialect in _STANDARD:
        return quoted(name)
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect)


def translate(sql: str, file: str, dialect: str, engine: str, where: Where | None = None) -> str:
    """Return a statement as an engine speaks it.

    Raises:
        NotTranslatable: A part of it would be passed on as it is.
    """
    if dialect == engine:
        return sql
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    try:
        tree = sqlglot.parse_one(sql, read=dialect)
        unknown = next(tree.find_all(exp.Anonymous), None)
        if unknown is not None:
            problem = f"the function '{unknown.name}' is known to {dialect} alone"
            raise NotTranslatable(file, problem, dialect=dialect, engine=engine, where=where)
        return tree.sql(engine, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, ValueError) as error:
        problem = str(error).strip().splitlines()[0]
        raise NotTranslatable(file, problem, dialect=dialect, engine=engine, where=where) from None
