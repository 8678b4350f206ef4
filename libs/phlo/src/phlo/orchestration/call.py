"""Calling the user's functions: their arguments filled, what they return made into rows."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from phlo.assets.sources import SqlQuery
from phlo.assets.table import Table
from phlo.errors.suggest import did_you_mean
from phlo.errors.workflow import BadSql, UnknownService

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.assets.arguments import Argument
    from phlo.assets.context import Context
    from phlo.assets.partitions import Partition
    from phlo.orchestration.reading import LakeReader
    from phlo.orchestration.world import World

_NAME = re.compile(r"\{(\w+)\}")


def call(
    function: Callable[..., Any],
    arguments: Sequence[Argument],
    *,
    world: World,
    reader: LakeReader,
    inputs: Mapping[str, str],
    partition: Partition | None = None,
    context: Context | None = None,
) -> Any:
    """Call a function with what it takes, and return what it gives; queries are run.

    Raises:
        UnknownService: It takes a service that does not run.
        BadSql: Its query names a table that it does not take.
    """
    given: dict[str, Any] = {}
    tables = {name: Table(table, reader) for name, table in inputs.items()}
    for argument in arguments:
        if argument.role == "table":
            given[argument.name] = tables[argument.name]
        elif argument.role == "partition":
            given[argument.name] = partition
        elif argument.role == "context":
            given[argument.name] = context
        else:
            given[argument.name] = _service(world, function, argument)
    result = function(**given)
    if inspect.iscoroutine(result):
        import asyncio

        result = asyncio.run(result)
    return as_rows(result, tables, reader)


def as_rows(result: Any, tables: Mapping[str, Table], reader: LakeReader) -> Any:
    """Return the rows of a query where a function gave one; all else as it is."""
    if not isinstance(result, SqlQuery):
        return result
    known = {**tables, **result.tables}

    def table_name(found: re.Match[str]) -> str:
        name = found[1]
        if name not in known:
            fix = did_you_mean(name, known) or f"take it as an argument: {name}: phlo.Table"
            raise BadSql("phlo.sql", f"'{{{name}}}' is no table that it takes", fix=fix)
        return reader.name_of(known[name].name, dialect)

    dialect = result.dialect or reader.dialect
    return reader.stream(_NAME.sub(table_name, result.text), dialect, "phlo.sql")


def _service(world: World, function: Callable[..., Any], argument: Argument) -> Any:
    service = world.services(argument.name)
    if service is None:
        raise UnknownService(function.__name__, argument.name, where=argument.where)
    return service
