"""Which argument of a function is what: a partition, the context, a table, a service."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from phlo.assets.context import Context, Service
from phlo.assets.partitions import Partition
from phlo.assets.places import function_place
from phlo.assets.table import Table
from phlo.errors.selection import UnknownArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.errors import Where

Role: TypeAlias = Literal["partition", "context", "table", "service"]
_ROLES: dict[Any, Role] = {
    Partition: "partition", Context: "context", Table: "table", Service: "service",
}  # fmt: skip
_BY_NAME: dict[str, Role] = {kind.__name__: role for kind, role in _ROLES.items()}
_UNANNOTATED: dict[str, Role] = {"partition": "partition", "context": "context"}


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter of a function, and what fills it."""

    name: str
    role: Role
    where: Where


def arguments_of(function: Callable[..., Any], *, is_reader: bool) -> tuple[Argument, ...]:
    """Return what a function takes.

    Args:
        function: An asset's or a check's function.
        is_reader: A parameter without annotation is a table: so in transforms and checks.

    Raises:
        UnknownArgument: A parameter without default is nothing that phlo can fill.
    """
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        role = _role(parameter, function, is_reader=is_reader)
        if role is not None:
            found.append(Argument(parameter.name, role, function_place(function)))
        elif parameter.default is parameter.empty:
            raise UnknownArgument(function.__name__, parameter.name, where=function_place(function))
    return tuple(found)


def _role(
    parameter: inspect.Parameter, function: Callable[..., Any], *, is_reader: bool
) -> Role | None:
    annotation = parameter.annotation
    if isinstance(annotation, str):
        return (
            _BY_NAME.get(annotation.rpartition(".")[2]) if _is_ours(annotation, function) else None
        )
    if annotation is parameter.empty:
        if parameter.default is not parameter.empty:
            return None
        return _UNANNOTATED.get(parameter.name, "table" if is_reader else None)
    return _ROLES.get(annotation)


def _is_ours(annotation: str, function: Callable[..., Any]) -> bool:
    """Whether a postponed annotation is one of phlo's classes, and not another of the same name."""
    first, _, rest = annotation.partition(".")
    value = getattr(function, "__globals__", {}).get(first)
    if value is None:
        return True  # imported for type checkers only
    for name in rest.split(".") if rest else ():
        value = getattr(value, name, None)
    return value in _ROLES if not isinstance(value, type(sys)) else False
