"""What is done with services that run: logs, commands, waiting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from phlo.compose.docker import containers
from phlo.compose.render import render
from phlo.errors.service import NoAddress, NoSuchService, NotStopped
from phlo.model.prepared import Prepared
from phlo.pipeline import compose, runtimes, text_of
from phlo.runtime.progress import ignore
from phlo.runtime.secrets import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from phlo.model.options import Options
    from phlo.model.stack import Stack
    from phlo.runtime.logs import LogLine
    from phlo.runtime.progress import OnProgress


def logs(root: Path, names: Iterable[str] = (), count: int = 100) -> list[LogLine]:
    """Return the last lines of services, all if none is named, without secrets.

    Raises:
        NoSuchService: Nothing of that name was ever started.
    """
    return runtimes(root).logs(tuple(names) or None, count)


def follow(
    root: Path, names: Iterable[str] = (), is_over: Callable[[], bool] = lambda: False
) -> Iterator[LogLine]:
    """Yield the lines that services print from now on.

    Args:
        root: The project's folder.
        names: Which services; all if none is named.
        is_over: Asked again and again; True ends it.

    Raises:
        NoSuchService: Nothing of that name was ever started.
    """
    return runtimes(root).follow(tuple(names) or None, is_over)


def execute(root: Path, name: str, command: Sequence[str]) -> int:
    """Run a command where a service runs, and return its exit code.

    Raises:
        NoSuchService: Nothing of that name was ever started.
        NotRunning: It does not run.
    """
    return runtimes(root).execute(name, command)


def wait_for(
    root: Path,
    options: Options,
    environ: Mapping[str, str],
    names: Iterable[str] = (),
    *,
    condition: str = "healthy",
    timeout: float = 300,
    on_progress: OnProgress = ignore,
) -> None:
    """Wait until services are `healthy`, `started` or `stopped`.

    Raises:
        NoSuchService: A name is no service of this project.
        ServiceError: One failed, or is not so in time.
    """
    stack = compose(root, options, environ)
    chosen = _known(stack, names)
    if condition == "healthy":
        made = render(stack, text_of)
        prepared = Prepared(stack, made.native, read(root).values, (), containers(stack))
        runtimes(root).wait(prepared, chosen, timeout, on_progress)
        return
    end = time.monotonic() + timeout
    while left := _not_yet(root, chosen, condition):
        if time.monotonic() > end:
            raise NotStopped(left[0], condition, seconds=timeout)
        time.sleep(0.3)


def address(stack: Stack, name: str) -> str:
    """Return where a person opens a service.

    Raises:
        NoSuchService: It is no service of this project.
        NoAddress: It has no page.
    """
    [chosen] = _known(stack, [name])
    service = stack.services[chosen]
    link = next(iter(service.definition.links), None)
    port = service.ports.get(link.port or "") if link else None
    port = port or service.primary
    if port is None or port.host is None:
        raise NoAddress(name)
    host = "127.0.0.1" if port.bind in ("0.0.0.0", "::") else port.bind
    base = port.url if port.url and "://" in port.url else f"http://{host}:{port.host}"
    return f"{base}{link.path if link else '/'}"


def _known(stack: Stack, names: Iterable[str]) -> list[str]:
    chosen = list(names) or [
        n for n, one in stack.services.items() if one.runtime in ("native", "docker")
    ]
    for name in chosen:
        if name not in stack.services:
            raise NoSuchService(name, stack.services)
    return chosen


def _not_yet(root: Path, names: Iterable[str], condition: str) -> list[str]:
    there = runtimes(root).status().values()
    running = {one.service for one in there if one.pid}
    wants_running = condition == "started"
    return [name for name in names if (name in running) is not wants_running]
