"""What phlo tells a function that asks: the run it is in, and services by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator


class Secrets(Mapping[str, str]):
    """Secrets by name; nothing of it is printed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(f"there is no secret {name!r}: set the variable {name}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Secrets: {len(self)} names>"


@dataclass(slots=True)
class Context:
    """The run that a function is called in; take it as `context: phlo.Context`."""

    run_id: str
    table: str
    """The table that the asset makes."""
    log: logging.Logger
    """What is logged here is kept with the run."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secrets by name, from the environment and the project's secrets."""
    state: dict[str, Any] = field(default_factory=dict)
    """JSON values kept between runs, such as a cursor; kept only if the table is published."""
    ref: str = "main"
    attempt: int = 1
    full_refresh: bool = False
    """Whether everything is made anew: forget the cursor."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service; take it by its name, `postgres: phlo.Service`."""

    name: str
    url: str
    host: str
    port: int
    _connect: Callable[[], Any] | None = field(default=None, repr=False)

    def connect(self) -> Any:
        """Return a connection, as the service's package makes it."""
        if self._connect is None:
            raise NotImplementedError(
                f"the package of '{self.name}' gives no connection: use its url, {self.url}"
            )
        return self._connect()
