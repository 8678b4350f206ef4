"""`@phlo.asset`: a function that makes a table from other tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from phlo.assets import parameters
from phlo.assets.declare import declare_function
from phlo.assets.places import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Never

    from phlo.assets.partitions import Partitions
    from phlo.model.checks import CheckSpec

F = TypeVar("F", bound="Callable[..., Any]")


@overload
def asset(function: F, /) -> F: ...


@overload
def asset(
    *,
    table: str | None = None,
    inputs: Mapping[str, str] | None = None,
    engine: str | None = None,
    materialized: Literal["table", "incremental"] | None = None,
    key: str | Sequence[str] | None = None,
    mode: Literal["append", "overwrite", "merge"] | None = None,
    dedupe_by: str | None = None,
    delete_when: str | None = None,
    schema: Any = None,
    evolve: Literal["strict", "widen", "add"] | None = None,
    on_invalid: Literal["fail"] | None = None,
    partition_by: str | Sequence[str] | None = None,
    sort_by: str | Sequence[str] | None = None,
    partitions: Partitions | None = None,
    schedule: str | None = None,
    freshness: str | Mapping[str, str] | None = None,
    checks: Sequence[CheckSpec | tuple[CheckSpec, ...] | Mapping[str, Any]] | None = None,
    group: str | None = None,
    tags: str | Sequence[str] | None = None,
    owner: str | None = None,
    description: str | None = None,
    retries: int | None = None,
    retry_delay: str | None = None,
    timeout: str | None = None,
    concurrency: int | None = None,
    **unknown: Never,
) -> Callable[[F], F]: ...


def asset(function: F | None = None, /, **given: Any) -> F | Callable[[F], F]:
    """Declare a table that a function makes from other tables.

        @phlo.asset(table="marts.late_flights")
        def late_flights(flights: phlo.Table):
            return phlo.sql("select * from {flights} where dep_delay > 60")

    A parameter annotated `phlo.Table` is the table of that name.

    Args:
        function: The function, when the decorator is used without parameters.
        given: The parameters: those of `phlo.ingestion`, `inputs`, `engine` and `materialized`.

    Raises:
        UnknownParameter: A parameter that it does not take.
        BadParameter: A value that cannot be used.
    """
    call = caller()

    def decorate(function: F) -> F:
        declare_function(function, given, kind="python", known=parameters.ASSET, call=call)
        return function

    return decorate if function is None else decorate(function)
