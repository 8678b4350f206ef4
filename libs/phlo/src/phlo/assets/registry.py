"""What decorators declare while a workflow file is imported; outside of that they only mark."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.errors import raise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from phlo.assets.arguments import Argument
    from phlo.assets.spec import AssetKind
    from phlo.errors import PhloError, Where
    from phlo.model.checks import CheckSpec

#: The attribute by which a decorated function knows what it declares.
MARK = "__phlo__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """An asset as its author wrote it."""

    kind: AssetKind
    name: str
    table: str
    parameters: Mapping[str, Any]
    call: Where
    """Where the decorator stands, or the SQL file's header."""
    where: Where
    """Where the function or the statement begins."""
    source: str
    checks: tuple[CheckSpec, ...] = ()
    function: Callable[..., Any] | None = None
    arguments: tuple[Argument, ...] = ()
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class QualityDeclaration:
    """Checks of a table, declared apart from the asset that makes it."""

    name: str
    table: str
    specs: tuple[CheckSpec, ...]
    where: Where
    function: Callable[..., Any] | None = None
    """What a check of kind `python` calls."""
    arguments: tuple[Argument, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Declared:
    """Everything that was declared, and every fault, in the order of reading."""

    assets: list[Declaration] = field(default_factory=list)
    qualities: list[QualityDeclaration] = field(default_factory=list)
    errors: list[PhloError] = field(default_factory=list)

    def keep(self, item: Declaration | QualityDeclaration) -> None:
        """Keep a declaration."""
        if isinstance(item, Declaration):
            self.assets.append(item)
        else:
            self.qualities.append(item)


_collecting: list[Declared] = []


@contextmanager
def collecting() -> Iterator[Declared]:
    """Gather what is declared inside the block; faults are kept and not raised."""
    declared = Declared()
    _collecting.append(declared)
    try:
        yield declared
    finally:
        _collecting.remove(declared)


def declare(item: Declaration | QualityDeclaration) -> None:
    """Keep a declaration, where somebody gathers them."""
    if _collecting:
        _collecting[-1].keep(item)


def refuse(errors: Sequence[PhloError]) -> None:
    """Keep faults where somebody gathers declarations, so that all of a file are told; else raise.

    Raises:
        PhloError: The faults, outside of a gathering.
    """
    if _collecting:
        _collecting[-1].errors += errors
    else:
        raise_all(errors)
