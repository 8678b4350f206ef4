"""The logs of containers: the last lines, and those that come."""

from __future__ import annotations

import queue
import subprocess
import threading
from typing import TYPE_CHECKING

from phlo.orchestration.secrets import redacted
from phlo.runtime.logs import LogLine, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phlo.runtime.docker.container import Container
    from phlo.runtime.docker.engine import Engine


def tail(
    engine: Engine, containers: Mapping[str, Container], count: int, secrets: Mapping[str, str]
) -> list[LogLine]:
    """Return the last lines of some containers, each one's together, without secrets."""
    return [
        LogLine(name, redacted(readable(line), secrets))
        for name, container in containers.items()
        for line in engine.logs(container, count)
    ]


def follow(
    engine: Engine,
    containers: Mapping[str, Container],
    secrets: Mapping[str, str],
    is_over: Callable[[], bool],
) -> Iterator[LogLine]:
    """Yield the lines that containers print from now on, merged as they come, without secrets."""
    lines: queue.Queue[LogLine] = queue.Queue(maxsize=1000)
    readers = [_reader(engine, name, one, lines) for name, one in containers.items()]
    try:
        while True:
            over = is_over() or not any(thread.is_alive() for _, thread in readers)
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                if over:
                    return
                continue
            yield LogLine(line.service, redacted(line.text, secrets))
    finally:
        for process, _ in readers:
            process.kill()
            process.wait()


def _reader(
    engine: Engine, name: str, container: Container, lines: queue.Queue[LogLine]
) -> tuple[subprocess.Popen[str], threading.Thread]:
    process = subprocess.Popen(
        ["docker", "logs", "--follow", "--tail", "0", container.id],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace", env=engine.environ,
    )  # fmt: skip

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as opened:
            for line in opened:
                lines.put(LogLine(name, readable(line.rstrip("\n"))))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return process, thread
