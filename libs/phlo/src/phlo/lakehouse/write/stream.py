"""The incoming rows as one stream of Arrow tables that all have the columns known so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rows import DataOfAnotherShape, SchemaRefused, ValuesDoNotFit
from phlo.lakehouse.arrow_types import join, settle
from phlo.lakehouse.infer import table_of_rows
from phlo.lakehouse.rows import chunks
from phlo.lakehouse.schema import declared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from phlo.lakehouse.write.plan import Evolve


class Stream:
    """Rows on their way into a table.

    Iterating gives tables that have every column of `types`, which grows as the rows bring more; a
    table given earlier lacks the columns that came later.

    Args:
        data: Whatever the function gave (see `rows.chunks`).
        table: The table's name, for messages.
        root: The folder that paths are relative to.
        existing: The table's columns as they are, or None for a new table.
        schema: The declared schema, in any of its forms.
        evolve: How the table's columns may change.
        replaces: The rows replace all there are, so that a column may go or change its type.
    """

    def __init__(
        self,
        data: Any,
        table: str,
        *,
        root: Path,
        existing: pa.Schema | None,
        schema: Any,
        evolve: Evolve,
        replaces: bool = False,
    ) -> None:
        self.table, self.evolve = table, evolve
        self._replaces = replaces and evolve == "add"
        self.on_rows: Callable[[], None] = lambda: None
        self.removed: set[str] = set()
        self.rows = 0
        self.changes: list[str] = []
        self._chunks = chunks(data, root)
        self._declared = declared(schema)
        self._existing = None if existing is None else {
            field.name: settle(field.type, field.name) for field in existing
        }  # fmt: skip
        self.types: dict[str, pa.DataType] = {
            name: kind for name, kind in (self._existing or {}).items() if kind is not None
        }
        self._untyped: set[str] = set()
        self._retyped: set[str] = set()
        self._typed_here: set[str] = set()
        if self._declared is not None:
            self._extend({n: k for n, k in self._declared.types.items() if k is not None})

    def __iter__(self) -> Iterator[pa.Table]:
        import pyarrow as pa

        for chunk in self._chunks:
            if not isinstance(chunk, pa.Table):
                chunk = table_of_rows(chunk, self.types, first_row=self.rows)
            if chunk.num_rows:
                yield self._fit(chunk)
                self.rows += chunk.num_rows
                self.on_rows()

    def schema(self) -> pa.Schema:
        """Return the columns known so far."""
        import pyarrow as pa

        return pa.schema(list(self.types.items()))

    def take_retyped(self) -> set[str]:
        """Return the columns that got a type which the table's old values have not, once."""
        taken, self._retyped = self._retyped, set()
        return taken

    def vanished(self) -> set[str]:
        """Return the table's columns that rows which replace all others do not have any more."""
        if not self._replaces or self._existing is None or not self.rows:
            return set()
        gone = self._existing.keys() - self._typed_here - self._untyped
        self.changes += [f"removed '{name}'" for name in sorted(gone)]
        self.removed |= gone
        for name in gone:
            del self.types[name]
        return set(gone)

    def told(self) -> tuple[str, ...]:
        """Return how the columns changed, in words."""
        left_out = (f"left out '{name}': no value yet, so no type" for name in self.left_out())
        return (*self.changes, *left_out)

    def left_out(self) -> tuple[str, ...]:
        """Return the columns that came without a single value, and so have no type yet."""
        return tuple(sorted(self._untyped - self.types.keys()))

    def _fit(self, chunk: pa.Table) -> pa.Table:
        """Return a chunk with exactly the columns known so far, after it has added its own."""
        import pyarrow as pa

        self._check_names(chunk)
        kinds = {}
        for field in chunk.schema:
            kind = settle(field.type, field.name)
            if kind is None:
                self._untyped.add(field.name)
            elif not self._is_declared(field.name):
                kinds[field.name] = kind
        self._extend(kinds)
        columns = [self._column(chunk, name, kind) for name, kind in self.types.items()]
        self._check_required(chunk)
        return pa.Table.from_arrays(columns, schema=self.schema())

    def _is_declared(self, name: str) -> bool:
        """Whether the declared type rules, so that values are converted to it."""
        return self._declared is not None and self._declared.types.get(name) is not None

    def _column(self, chunk: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
        import pyarrow as pa

        if name not in chunk.column_names:
            return pa.nulls(chunk.num_rows, kind)
        values = chunk.column(name)
        if isinstance(values.type, pa.BaseExtensionType):
            if pa.types.is_string(kind):
                return pa.chunked_array([pa.array([_text(v) for v in values.to_pylist()], kind)])
            values = pa.chunked_array([c.storage for c in values.chunks], values.type.storage_type)
        if values.type.equals(kind):
            return values
        try:
            return values.cast(kind)
        except pa.ArrowException as error:
            raise ValuesDoNotFit(name, str(error).splitlines()[0]) from None

    def _extend(self, kinds: dict[str, pa.DataType]) -> None:
        """Let the columns grow by these, as far as `evolve` and Iceberg let them."""
        problems = []
        for name, kind in kinds.items():
            before = self.types.get(name)
            if before is None:
                if self._existing is not None and self.evolve != "add":
                    problems.append(f"'{name}' is no column of it")
                    continue
                self.types[name] = kind
                if self._existing is not None:
                    self.changes.append(f"added '{name}' ({kind})")
                continue
            joined = join(before, kind)
            if joined is None and self._may_retype(name):
                self.changes.append(f"changed '{name}' from {before} to {kind}")
                self.types[name] = kind
                self._retyped.add(name)
                self.removed.add(name)
            elif joined is None:
                problems.append(f"'{name}' is {before} there and {kind} here")
            elif not joined.equals(before):
                problems += self._widen(name, before, joined)
        if problems:
            raise SchemaRefused(self.table, problems, evolve=self.evolve)
        self._typed_here |= kinds.keys()
        _check_case(self.table, self.types)

    def _may_retype(self, name: str) -> bool:
        """Whether the type is only that of rows which are replaced."""
        is_old = self._existing is not None and name in self._existing
        return self._replaces and is_old and name not in self._typed_here

    def _widen(self, name: str, before: pa.DataType, after: pa.DataType) -> list[str]:
        if self._existing is not None and name in self._existing:
            if self.evolve == "strict":
                return [f"'{name}' is {before} there and needs {after}"]
            self.changes.append(f"widened '{name}' from {before} to {after}")
        self.types[name] = after
        return []

    def _check_names(self, chunk: pa.Table) -> None:
        names = chunk.column_names
        if len(set(names)) < len(names):
            double = next(name for name in names if names.count(name) > 1)
            raise DataOfAnotherShape(self.table, f"two columns are named '{double}'")
        if "" in names:
            raise DataOfAnotherShape(self.table, "a column has no name")

    def _check_required(self, chunk: pa.Table) -> None:
        for name in self._declared.required if self._declared else ():
            if name not in chunk.column_names:
                raise ValuesDoNotFit(name, "the rows do not have it, and the schema requires it")
            if chunk.column(name).null_count:
                row = chunk.column(name).is_null().index(True).as_py()
                raise ValuesDoNotFit(
                    name, "it is NULL, and the schema requires a value", row=self.rows + row
                )


def _check_case(table: str, names: dict[str, pa.DataType]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise DataOfAnotherShape(table, f"'{other}' and '{name}' differ only in case")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
