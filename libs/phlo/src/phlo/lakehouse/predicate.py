"""SQL conditions that decide what is written: text -> Iceberg's expression -> a mask of rows.

Only comparisons of a column with values, so that files can be pruned by it and every engine agrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from phlo.errors.queries import BadPredicate
from phlo.errors.rows import UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.schema import Schema
    from sqlglot import exp


def parse_condition(text: str, schema: Schema, table: str) -> BooleanExpression:
    """Return a SQL condition as Iceberg's expression.

    Raises:
        BadPredicate: It is no such condition, or its values do not fit the columns.
        UnknownColumn: It names a column that the schema does not have.
    """
    import sqlglot
    from pyiceberg.expressions.visitors import bind
    from sqlglot import exp

    try:
        # In brackets, so that nothing but one condition can stand there.
        found = sqlglot.parse_one(f"SELECT 1 WHERE (\n{text}\n)", read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        problem = str(details[0].get("description") or error).splitlines()[0]
        raise BadPredicate(text, problem.rstrip(".").lower()) from None
    tree = found.args["where"].this if isinstance(found, exp.Select) else None
    if not isinstance(tree, exp.Paren):
        raise BadPredicate(text, "it is not one condition")
    columns = [field.name for field in schema.fields]
    condition = cast("BooleanExpression", _Translator(text, columns, table).translate(tree.this))
    try:
        bind(schema, condition, case_sensitive=True)
    except (TypeError, ValueError) as error:
        raise BadPredicate(text, str(error)) from None
    return condition


def mask(rows: pa.Table, condition: BooleanExpression, schema: Schema) -> pa.ChunkedArray:
    """Return for each row whether it satisfies the condition; NULL is no."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    from pyiceberg.expressions.visitors import bind
    from pyiceberg.io.pyarrow import expression_to_pyarrow

    expression = expression_to_pyarrow(bind(schema, condition, case_sensitive=True), schema)
    found = ds.dataset(rows).to_table(columns={"mask": expression}).column("mask")
    # What no row can satisfy binds to a constant, whose column has a type of its own.
    return pc.fill_null(found.cast(pa.bool_()), False)


class _Translator:
    def __init__(self, text: str, columns: Sequence[str], table: str) -> None:
        from pyiceberg import expressions
        from sqlglot import exp

        self.text, self.columns, self.table = text, columns, table
        # pyiceberg's classes take a column's name for a term, which their types do not say.
        self.exp, self.ice = exp, cast(Any, expressions)
        self.comparisons: dict[type[exp.Expr], tuple[Callable[..., Any], Callable[..., Any]]]
        self.comparisons = {
            exp.EQ: (expressions.EqualTo, expressions.EqualTo),
            exp.NEQ: (expressions.NotEqualTo, expressions.NotEqualTo),
            exp.LT: (expressions.LessThan, expressions.GreaterThan),
            exp.LTE: (expressions.LessThanOrEqual, expressions.GreaterThanOrEqual),
            exp.GT: (expressions.GreaterThan, expressions.LessThan),
            exp.GTE: (expressions.GreaterThanOrEqual, expressions.LessThanOrEqual),
        }

    def translate(self, node: exp.Expr) -> Any:
        exp, ice = self.exp, self.ice
        if isinstance(node, exp.Paren):
            return self.translate(node.this)
        if isinstance(node, exp.And):
            return ice.And(self.translate(node.this), self.translate(node.expression))
        if isinstance(node, exp.Or):
            return ice.Or(self.translate(node.this), self.translate(node.expression))
        if isinstance(node, exp.Not):
            return ice.Not(self.translate(node.this))
        if isinstance(node, exp.Column):
            return ice.EqualTo(self.column(node), True)
        return self.predicate(node)

    def predicate(self, node: exp.Expr) -> Any:
        exp, ice = self.exp, self.ice
        if type(node) in self.comparisons:
            return self.comparison(node)
        if isinstance(node, exp.Between):
            column = self.column(node.this)
            low, high = self.value(node.args["low"]), self.value(node.args["high"])
            return ice.And(ice.GreaterThanOrEqual(column, low), ice.LessThanOrEqual(column, high))
        if isinstance(node, exp.In) and node.expressions:
            return ice.In(self.column(node.this), [self.value(v) for v in node.expressions])
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return ice.IsNull(self.column(node.this))
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
            return ice.EqualTo(self.column(node.this), self.value(node.expression))
        if isinstance(node, exp.Like):
            return ice.StartsWith(self.column(node.this), self.prefix(node.expression))
        raise BadPredicate(self.text, f"'{node.sql('duckdb')}' is no comparison with a value")

    def comparison(self, node: exp.Expr) -> Any:
        straight, turned = self.comparisons[type(node)]
        if isinstance(node.this, self.exp.Column):
            return straight(self.column(node.this), self.value(node.args["expression"]))
        return turned(self.column(node.args["expression"]), self.value(node.this))

    def column(self, node: exp.Expr) -> str:
        if not isinstance(node, self.exp.Column):
            raise BadPredicate(self.text, f"'{node.sql('duckdb')}' is no column")
        if node.name not in self.columns:
            raise UnknownColumn(
                node.name, said_by=f"'{self.text}'", known=self.columns, table=self.table
            )
        return node.name

    def value(self, node: exp.Expr) -> Any:
        exp = self.exp
        if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
            return (
                node.this.this
            )  # DATE '2026-01-01': Iceberg turns the text into the column's type
        if isinstance(node, exp.Neg):
            return -self.value(node.this)
        if isinstance(node, exp.Boolean):
            return bool(node.this)
        if isinstance(node, exp.Literal):
            if node.is_string:
                return node.this
            return (
                float(node.this) if "." in node.this or "e" in node.this.lower() else int(node.this)
            )
        raise BadPredicate(self.text, f"'{node.sql('duckdb')}' is no value")

    def prefix(self, node: exp.Expr) -> str:
        pattern = str(self.value(node))
        head = pattern[:-1]
        if not pattern.endswith("%") or "%" in head or "_" in head:
            raise BadPredicate(self.text, "LIKE takes a prefix here, such as 'AB%'")
        return head
