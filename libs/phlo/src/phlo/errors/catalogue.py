"""Every error of phlo by its code: what `phlo help` and the reference page are made of."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.errors import ErrorGroup, PhloError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one code."""

    code: str
    title: str
    """The first line of the class's docstring."""
    text: str
    """The whole docstring."""
    exit_code: int


def catalogue() -> Mapping[str, Entry]:
    """Return every error that is defined so far, by its code; phlo's own are always among them."""
    # Imported here, for whom this module is asked: an error costs nothing until it is raised.
    from phlo.errors import (  # noqa: F401
        config,
        data,
        demo,
        docker,
        download,
        export,
        index,
        lake,
        loading,
        lock,
        network,
        orchestrator,
        overrides,
        package,
        queries,
        refs,
        rest,
        rows,
        runs,
        runtime,
        selection,
        service,
        snapshot,
        state,
        values,
        wiring,
        workflow,
    )

    found: dict[str, Entry] = {}
    for error in _below(PhloError):
        text = inspect.cleandoc(error.__doc__ or "")
        if "code" in vars(error) and error is not ErrorGroup and not error.code.endswith("00"):
            title = text.splitlines()[0].rstrip(".") if text else ""
            # The exit code follows from the class; its constructor wants the facts of a case.
            found[error.code] = Entry(error.code, title, text, error.__new__(error).exit_code)
    return dict(sorted(found.items()))


def _below(error: type[PhloError]) -> Iterator[type[PhloError]]:
    for one in error.__subclasses__():
        yield one
        yield from _below(one)
