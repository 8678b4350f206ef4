"""From a decorated function to a declaration: everything checked that can be without running it."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.assets import parameters, registry
from phlo.assets.arguments import arguments_of
from phlo.assets.parameters import Problems
from phlo.assets.places import function_place, keyword_of
from phlo.assets.registry import Declaration
from phlo.errors import PhloError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.assets.spec import AssetKind
    from phlo.errors import Where
    from phlo.model.checks import CheckSpec


def declare_function(
    function: Callable[..., Any],
    given: Mapping[str, Any],
    *,
    kind: AssetKind,
    known: Sequence[str],
    call: Where,
) -> None:
    """Declare the asset that a function makes; its faults are told together."""
    problems = Problems(partial(keyword_of, call))
    taker = "@phlo.ingestion" if kind == "ingestion" else "@phlo.asset"
    parameters.check_names(given, known, taker, problems)
    parameters.check_values(given, problems)
    checks: tuple[CheckSpec, ...] = ()
    arguments: tuple[Any, ...] = ()
    try:
        checks = checks_from(given.get("checks"), keyword_of(call, "checks"))
        arguments = arguments_of(function, is_reader=kind == "python")
    except PhloError as error:
        problems.found.append(error)
    declaration = Declaration(
        kind=kind,
        name=function.__name__,
        table=str(given.get("table") or f"raw.{function.__name__.lower()}"),
        parameters=given,
        call=call,
        where=function_place(function),
        source=source_of(function),
        checks=checks,
        function=function,
        arguments=arguments,
    )
    check_ways(declaration, problems)
    if problems.found:
        registry.refuse(problems.found)
        return
    setattr(function, registry.MARK, declaration)
    registry.declare(declaration)


def check_ways(declaration: Declaration, problems: Problems) -> None:
    """Find ways of writing that do not go together."""
    given, partitions = declaration.parameters, declaration.parameters.get("partitions")
    is_partitioned = hasattr(partitions, "column")
    if problems.found:
        return  # what follows would only be noise about the same values
    if given.get("materialized") == "incremental" and not (given.get("key") or is_partitioned):
        problems.add(
            "materialized",
            "is 'incremental', and neither a key nor partitions say which rows are new",
            "add key: [id], or partitions",
        )
    mode = mode_of(declaration)
    if partitions is not None and mode == "overwrite" and partitions.column is None:
        example = "phlo.daily('2026-01-01', column='day')"
        if partitions.kind == "static":
            example = "phlo.static('eu', 'us', column='region')"
        problems.add(
            "partitions",
            "does not say which rows are of a partition, and one partition is to be overwritten",
            f"name the column that says it: {example}",
        )


def mode_of(declaration: Declaration) -> str:
    """Return how the asset's rows are written, where nothing else is said."""
    given = declaration.parameters
    if given.get("mode"):
        return str(given["mode"])
    if declaration.kind != "ingestion":
        is_merge = given.get("materialized") == "incremental" and given.get("key")
        return "merge" if is_merge else "overwrite"
    if given.get("key"):
        return "merge"
    partitions = given.get("partitions")
    if partitions is not None:
        return "append" if partitions.column is None else "overwrite"
    return "overwrite" if _returns_files(declaration.function) else "append"


def checks_from(items: Any, where: Where) -> tuple[CheckSpec, ...]:
    """Return the checks of a list, in any of the forms they can be written.

    Raises:
        BadCheck: One cannot be understood.
    """
    if items is None:
        return ()
    from dataclasses import replace

    from phlo.checks import parse_checks

    specs = parse_checks(_flat(items), where)
    return tuple(replace(spec, file=where.file, line=where.line) for spec in specs)


def source_of(function: Callable[..., Any]) -> str:
    """Return a function's code with its decorators, as written."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""  # typed at a prompt


def _flat(items: Any) -> Any:
    if not isinstance(items, (list, tuple)):
        return items
    flat: list[Any] = []
    for item in items:
        flat += item if isinstance(item, tuple) else [item]
    return flat


def _returns_files(function: Callable[..., Any] | None) -> bool:
    """Whether a function plainly returns `phlo.files(...)`: the whole of the data each time."""
    import ast
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return False
    return any(
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", getattr(node.value.func, "id", None)) == "files"
        for node in ast.walk(tree)
    )
