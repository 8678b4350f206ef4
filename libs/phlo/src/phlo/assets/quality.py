"""`@phlo.quality`: checks of a table, yielded as specifications or computed from its rows."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from phlo.assets import parameters, registry
from phlo.assets.arguments import arguments_of
from phlo.assets.declare import checks_from
from phlo.assets.parameters import Problems
from phlo.assets.places import caller, function_place, keyword_of
from phlo.assets.registry import QualityDeclaration
from phlo.assets.table import NeedsData, Table
from phlo.errors import PhloError
from phlo.errors.workflow import MixedQuality
from phlo.model.checks import CheckSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phlo.assets.arguments import Argument
    from phlo.errors import Where
    from phlo.model.checks import Severity

F = TypeVar("F", bound="Callable[..., Any]")


def quality(
    table: str,
    *,
    checks: Sequence[CheckSpec | tuple[CheckSpec, ...] | Mapping[str, Any]] | None = None,
    name: str | None = None,
    severity: Severity = "error",
    max_rows: int | None = None,
    max_ratio: float | None = None,
    sample: int = 20,
    description: str | None = None,
    inputs: Mapping[str, str] | None = None,
    **unknown: Any,
) -> Callable[[F], F]:
    """Declare checks of a table.

        @phlo.quality(table="raw.flights")
        def flights_are_sound(flights: phlo.Table):
            yield not_null("carrier", "flight")
            yield between("month", 1, 12)

    A function that yields or returns checks declares them. One that looks at the table is a check
    itself: it returns a bool, a `phlo.CheckResult`, or the rows that fail.

    Args:
        table: The table, `namespace.table`.
        checks: Checks as a list; then no function is needed.
        name: The check's name; by default the function's (for a function that is a check).
        severity: `error` blocks the table, `warn` does not (for a function that is a check).
        max_rows: So many failing rows are fine (for a function that is a check).
        max_ratio: So large a part of failing rows is fine (for a function that is a check).
        sample: So many failing rows are kept (for a function that is a check).
        description: What it is about; by default the function's docstring.
        inputs: Tables of further parameters: `{"planes": "raw.planes"}`.
        unknown: Refused.

    Raises:
        UnknownParameter: A parameter that it does not take.
        BadParameter: A value that cannot be used.
    """
    call = caller()
    problems = Problems(partial(keyword_of, call))
    parameters.check_names(unknown, parameters.QUALITY, "@phlo.quality", problems)
    parameters.check_values(
        {"table": table, "inputs": inputs, "severity": severity, "description": description},
        problems,
    )
    bare = str(table).removeprefix("lake.")
    try:
        listed = checks_from(checks, keyword_of(call, "checks"))
    except PhloError as error:
        problems.found.append(error)
    if problems.found:
        registry.refuse(problems.found)
        return lambda function: function
    if listed:
        registry.declare(QualityDeclaration("checks", bare, listed, call))
    # What the check is named by and how it is judged, should the function be one.
    template = CheckSpec(
        name or "", "python", severity=severity, max_rows=max_rows, max_ratio=max_ratio,
        sample=sample, description=description,
    )  # fmt: skip

    def decorate(function: F) -> F:
        try:
            declaration = _declaration(function, bare, template, inputs or {})
        except PhloError as error:
            registry.refuse(error.diagnostics())
            return function
        setattr(function, registry.MARK, declaration)
        registry.declare(declaration)
        return function

    return decorate


def _declaration(
    function: Callable[..., Any], table: str, template: CheckSpec, inputs: Mapping[str, str]
) -> QualityDeclaration:
    where = function_place(function)
    arguments = arguments_of(function, is_reader=True)
    specs = _declared_by(function, arguments, where)
    if specs is not None:
        return QualityDeclaration(function.__name__, table, specs, where)
    spec = replace(
        template,
        name=template.name or function.__name__,
        description=template.description or inspect.getdoc(function),
        file=where.file,
        line=where.line,
    )
    return QualityDeclaration(
        function.__name__, table, (spec,), where, function, arguments, dict(inputs)
    )


def _declared_by(
    function: Callable[..., Any], arguments: Sequence[Argument], where: Where
) -> tuple[CheckSpec, ...] | None:
    """Return the checks that a function gives without looking at data; None if it looks.

    Raises:
        MixedQuality: It does both.
        BadCheck: What it gives is no check.
    """
    roles = {argument.role for argument in arguments}
    if not inspect.isgeneratorfunction(function) and roles != {"table"}:
        return None  # it asks something else than the table: only a run can tell
    placeholders = {argument.name: Table(argument.name) for argument in arguments}
    items: list[Any] = []
    try:
        given = function(**placeholders)
        if inspect.isgenerator(given):
            items.extend(given)
        elif isinstance(given, CheckSpec) or _are_specs(given):
            items = list(given) if isinstance(given, (list, tuple)) else [given]
        elif given is not None:
            return None
    except NeedsData:
        if items:
            raise MixedQuality(function.__name__, where=where) from None
        return None
    except PhloError as error:
        raise error if error.where else error.at(where) from None
    except Exception:
        if inspect.isgeneratorfunction(function):
            raise
        return None  # it may be fine when there is data
    return checks_from(items, where)


def _are_specs(given: Any) -> bool:
    """Whether this is a list of checks, and not one of failing rows."""
    if not isinstance(given, (list, tuple)) or not given:
        return False
    return all(isinstance(item, CheckSpec) or _are_specs(item) for item in given)
