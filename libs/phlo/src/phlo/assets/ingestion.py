"""`@phlo.ingestion`: a function that brings rows from elsewhere into a table."""

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
def ingestion(function: F, /) -> F: ...


@overload
def ingestion(
    *,
    table: str | None = None,
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


def ingestion(function: F | None = None, /, **given: Any) -> F | Callable[[F], F]:
    """Declare a table that a function fills with rows from elsewhere.

        @phlo.ingestion(table="raw.orders", key="id")
        def orders():
            yield from pages("https://shop.example/orders")

    The function stays the plain function it is. It returns or yields dicts, dataclasses, pydantic
    objects, lists of them, pandas, polars, pyarrow, or `phlo.files("data/*.csv")`.

    Args:
        function: The function, when the decorator is used without parameters.
        given: The parameters; `phlo assets show` and the guide describe each.

    Raises:
        UnknownParameter: A parameter that it does not take.
        BadParameter: A value that cannot be used.
    """
    call = caller()

    def decorate(function: F) -> F:
        declare_function(function, given, kind="ingestion", known=parameters.INGESTION, call=call)
        return function

    return decorate if function is None else decorate(function)
